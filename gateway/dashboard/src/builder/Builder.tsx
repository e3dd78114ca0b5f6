import { Panel, SelectionMode, useReactFlow } from "@xyflow/react";
import { useCallback, useMemo, useRef, useState } from "react";
import { useLocation, useSearchParams } from "react-router";
import { useProblems } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { Canvas, fitOptions } from "../graph/Canvas";
import { moveDuration, useCanvasHold } from "../graph/canvasMotion";
import { paste, take } from "../graph/graph";
import { arrange, snap } from "../graph/layout";
import { CanvasContextProvider } from "../graph/NodeCard";
import { useFirstView } from "../graph/useFirstView";
import { AddMenu } from "./AddMenu";
import classes from "./Builder.module.css";
import { dragType, Palette } from "./Palette";
import { Problems } from "./Problems";
import { Selected } from "./Selected";
import { Toolbar } from "./Toolbar";
import { useAdding } from "./useAdding";
import { useClearOfProperties } from "./useClearOfProperties";
import { useClipboard } from "./useClipboard";
import { useFaults } from "./useFaults";
import { useFlow } from "./useFlow";
import { useGraphEditor } from "./useGraphEditor";
import { useShortcuts } from "./useShortcuts";

/** The editor of a draft's graph: the palette on the left, the canvas, the properties of the selection on the right. */
export function Builder() {
  const { journey, autosave, publishAsked } = useDraft();
  const editor = useGraphEditor();
  const { graph, edit } = editor;
  const flow = useFlow(editor);
  const { select, selectedNodes } = flow;
  const { fitView } = useReactFlow();
  const pane = useRef<HTMLDivElement>(null);
  const adding = useAdding(editor, flow, pane);
  const [snapping, setSnapping] = useState(true);
  const [params] = useSearchParams();
  const { key } = useLocation();
  const problems = useProblems(journey.id, autosave.revision);
  const { roots, faults, jump } = useFaults(graph, flow, problems.data, publishAsked);
  const context = useMemo(() => ({ readOnly: false, problems: faults }), [faults]);

  const fit = useCallback(() => void fitView({ ...fitOptions, duration: moveDuration() }), [fitView]);
  const tidy = useCallback(() => {
    edit(arrange);
    // Waits until React Flow has drawn the nodes in their new places.
    requestAnimationFrame(() => requestAnimationFrame(fit));
  }, [edit, fit]);
  const selectAll = useCallback(() => select(new Set(graph.nodes.map((node) => node.id))), [graph, select]);
  const duplicate = useCallback(() => {
    if (selectedNodes.size === 0) return;
    const copy = paste(graph, take(graph, selectedNodes), { x: 40, y: 40 });
    edit(() => copy.graph);
    select(copy.ids);
  }, [graph, edit, select, selectedNodes]);

  useClipboard(editor, flow, true);
  useShortcuts({
    undo: editor.undo,
    redo: editor.redo,
    selectAll,
    duplicate,
    fit,
    tidy,
    escape: () => select(new Set()),
  });
  useFirstView(graph, pane);
  useCanvasHold(pane);
  useClearOfProperties(
    pane,
    graph.nodes.find((each) => selectedNodes.size === 1 && selectedNodes.has(each.id)),
  );

  return (
    <div className={classes.builder}>
      <Palette add={adding.addNext} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; buttons do the same by key. */}
      <div
        className={classes.canvas}
        ref={pane}
        onDragOver={(event) => {
          if (event.dataTransfer.types.includes(dragType)) {
            event.preventDefault();
            event.dataTransfer.dropEffect = "copy";
          }
        }}
        onDrop={adding.drop}
      >
        <CanvasContextProvider value={context}>
          <Canvas
            nodes={flow.nodes}
            edges={flow.edges}
            aria-label="Canvas"
            onNodesChange={flow.onNodesChange}
            onEdgesChange={flow.onEdgesChange}
            onDelete={flow.onDelete}
            onConnect={flow.onConnect}
            onReconnect={flow.onReconnect}
            onConnectEnd={adding.connectEnd}
            isValidConnection={flow.isValidConnection}
            onPaneClick={adding.leavePlace}
            snapToGrid={snapping}
            snapGrid={[snap, snap]}
            deleteKeyCode={["Delete", "Backspace"]}
            multiSelectionKeyCode={["Shift", "Meta", "Control"]}
            selectionMode={SelectionMode.Partial}
            panOnScroll
            zoomOnDoubleClick={false}
            connectionRadius={32}
          >
            <Panel position="top-left" className={classes.bars!}>
              <Toolbar editor={editor} snapping={snapping} setSnapping={setSnapping} tidy={tidy} fit={fit} />
              <Problems key={key} roots={roots} journeyId={journey.id} jump={jump} opened={params.has("problems")} />
            </Panel>
          </Canvas>
          {graph.nodes.length === 0 ? (
            <p className={classes.start}>
              Drag a <strong>trigger</strong> from the left onto the canvas to begin.
            </p>
          ) : null}
          {adding.place ? <AddMenu place={adding.place} close={adding.leavePlace} add={adding.addAtPlace} /> : null}
        </CanvasContextProvider>
        <Selected
          editor={editor}
          flow={flow}
          problems={problems.data ?? []}
          roots={roots ?? []}
          duplicate={duplicate}
        />
      </div>
    </div>
  );
}
