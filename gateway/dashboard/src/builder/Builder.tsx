import "@xyflow/react/dist/style.css";
import {
  Background,
  BackgroundVariant,
  Controls,
  type FinalConnectionState,
  MiniMap,
  Panel,
  ReactFlow,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import { useLocation, useSearchParams } from "react-router";
import { type Problem, useProblems } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { problemWords } from "../draft/problemWords";
import canvas from "../graph/Canvas.module.css";
import { branchOf, type FlowEdge, type FlowNode } from "../graph/flow";
import { fitOptions, minimapColor, nodeTypes, useCanvasLook } from "../graph/GraphView";
import {
  addNode,
  changeNode,
  connect,
  insertInto,
  lead,
  moveNodes,
  type Node,
  type Point,
  paste,
  remove,
  renameNode,
  take,
} from "../graph/graph";
import { arrange, besides, freePlace, nodeHeight, nodeWidth, onGrid, snap } from "../graph/layout";
import { CanvasContextProvider } from "../graph/NodeCard";
import { kinds, waysOut } from "../graph/nodes";
import type { NodeKind } from "../graph/nodes/kind";
import { useFirstView } from "../graph/useFirstView";
import { AddMenu, type AddPlace } from "./AddMenu";
import classes from "./Builder.module.css";
import { moveDuration, useCanvasHold } from "./canvasMotion";
import { EdgeProperties } from "./EdgeProperties";
import { NodeProperties } from "./NodeProperties";
import { dragType, Palette } from "./Palette";
import { Problems } from "./Problems";
import { SelectionProperties } from "./SelectionProperties";
import { Toolbar } from "./Toolbar";
import { useClearOfProperties } from "./useClearOfProperties";
import { useClipboard } from "./useClipboard";
import { useFlow } from "./useFlow";
import { useGraphEditor } from "./useGraphEditor";
import { useShortcuts } from "./useShortcuts";

/** Where a draft's graph is designed: what to add on the left, the canvas, what is selected on the right. */
export function Builder() {
  const { journey, autosave } = useDraft();
  const editor = useGraphEditor();
  const { graph, edit } = editor;
  const flow = useFlow(editor);
  const { select, selectEdge, selectedNodes, selectedEdges } = flow;
  const { screenToFlowPosition, fitView } = useReactFlow();
  const look = useCanvasLook();
  const pane = useRef<HTMLDivElement>(null);
  const [snapping, setSnapping] = useState(true);
  const [addPlace, setAddPlace] = useState<AddPlace>();
  const [params] = useSearchParams();
  const { key } = useLocation();
  const problems = useProblems(journey.id, autosave.revision);

  const add = useCallback(
    (kind: NodeKind, at: Point, into?: string, from?: { source: string; branch: string }) => {
      const { blank, slug } = kinds.find((each) => each.kind === kind)!;
      const position = { x: onGrid(at.x), y: onGrid(at.y) };
      const added = addNode(graph, { ...structuredClone(blank), name: "", position }, slug);
      let next = added.graph;
      if (into) next = insertInto(next, into, added.id);
      if (from) next = connect(next, from.source, added.id, from.branch);
      edit(() => next);
      select(new Set([added.id]));
    },
    [graph, edit, select],
  );

  // Pressed in the palette: after the selected node by its first way that leads nowhere yet, else in the middle of what is seen.
  const addNext = useCallback(
    (kind: NodeKind) => {
      const height = nodeHeight(waysOut(kinds.find((each) => each.kind === kind)!.blank).length);
      const before =
        selectedNodes.size === 1 && kind !== "trigger"
          ? graph.nodes.find((each) => selectedNodes.has(each.id))
          : undefined;
      const way =
        before &&
        waysOut(before).find(
          ({ branch }) => !graph.edges.some((each) => each.source === before.id && each.branch === branch),
        );
      if (before && way) {
        add(kind, freePlace(graph, besides(before), height), undefined, { source: before.id, branch: way.branch });
        return;
      }
      const { left, top, width, height: tall } = pane.current!.getBoundingClientRect();
      const middle = screenToFlowPosition({ x: left + width / 2, y: top + tall / 2 });
      add(kind, freePlace(graph, { x: middle.x - nodeWidth / 2, y: middle.y - height / 2 }, height));
    },
    [add, graph, screenToFlowPosition, selectedNodes],
  );

  const drop = (event: DragEvent) => {
    const kind = event.dataTransfer.getData(dragType) as NodeKind;
    if (!kind) return;
    event.preventDefault();
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const edge = document
      .elementsFromPoint(event.clientX, event.clientY)
      .map((element) => element.closest(".react-flow__edge"))
      .find((found) => found !== null);
    add(kind, { x: at.x - nodeWidth / 2, y: at.y - 30 }, edge?.getAttribute("data-id") ?? undefined);
  };

  const connectEnd = (
    event: MouseEvent | TouchEvent,
    { isValid, fromNode, fromHandle, toNode }: FinalConnectionState,
  ) => {
    if (isValid || toNode || !fromNode || fromHandle?.type !== "source") return;
    const { clientX, clientY } = "changedTouches" in event ? event.changedTouches[0]! : event;
    const frame = pane.current!.getBoundingClientRect();
    setAddPlace({
      left: clientX - frame.left,
      top: clientY - frame.top,
      at: screenToFlowPosition({ x: clientX, y: clientY }),
      from: { source: fromNode.id, branch: branchOf(fromHandle.id) },
    });
  };

  const fit = useCallback(() => void fitView({ ...fitOptions, duration: moveDuration() }), [fitView]);
  const tidy = useCallback(() => {
    edit(arrange);
    // Once React Flow has drawn them in their new places.
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

  const jump = useCallback(
    (problem: Problem) => {
      const edge = graph.edges.find((each) => each.id === problem.edgeId);
      if (problem.nodeId) select(new Set([problem.nodeId]));
      else if (edge) selectEdge(edge.id);
      const ids = problem.nodeId ? [problem.nodeId] : edge ? [edge.source, edge.target] : [];
      if (ids.length > 0)
        void fitView({ nodes: ids.map((id) => ({ id })), duration: moveDuration(), maxZoom: 1, padding: 0.4 });
    },
    [graph, select, selectEdge, fitView],
  );

  const faults = useMemo(() => {
    const result = new Map<string, string[]>();
    for (const problem of problems.data ?? []) {
      const owner = problem.nodeId || graph.edges.find((edge) => edge.id === problem.edgeId)?.source;
      if (owner) result.set(owner, [...(result.get(owner) ?? []), problemWords(problem)]);
    }
    return result;
  }, [problems.data, graph]);
  const context = useMemo(() => ({ readOnly: false, problems: faults }), [faults]);

  useFirstView(graph, pane);
  useCanvasHold(pane);
  useClearOfProperties(
    pane,
    graph.nodes.find((each) => selectedNodes.size === 1 && selectedNodes.has(each.id)),
  );

  const node =
    selectedNodes.size === 1 && selectedEdges.size === 0
      ? graph.nodes.find((each) => selectedNodes.has(each.id))
      : undefined;
  const edge =
    selectedEdges.size === 1 && selectedNodes.size === 0
      ? graph.edges.find((each) => selectedEdges.has(each.id))
      : undefined;
  const clear = () => select(new Set());
  return (
    <div className={classes.builder}>
      <Palette add={addNext} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; the palette's buttons do the same by key. */}
      <div
        className={classes.canvas}
        ref={pane}
        onDragOver={(event) => {
          if (event.dataTransfer.types.includes(dragType)) {
            event.preventDefault();
            event.dataTransfer.dropEffect = "copy";
          }
        }}
        onDrop={drop}
      >
        <CanvasContextProvider value={context}>
          <ReactFlow<FlowNode, FlowEdge>
            {...look}
            nodes={flow.nodes}
            edges={flow.edges}
            nodeTypes={nodeTypes}
            className={canvas.flow}
            aria-label="Canvas"
            onNodesChange={flow.onNodesChange}
            onEdgesChange={flow.onEdgesChange}
            onDelete={flow.onDelete}
            onConnect={flow.onConnect}
            onReconnect={flow.onReconnect}
            onConnectEnd={connectEnd}
            isValidConnection={flow.isValidConnection}
            onPaneClick={() => setAddPlace(undefined)}
            snapToGrid={snapping}
            snapGrid={[snap, snap]}
            deleteKeyCode={["Delete", "Backspace"]}
            multiSelectionKeyCode={["Shift", "Meta", "Control"]}
            selectionMode={SelectionMode.Partial}
            panOnScroll
            zoomOnDoubleClick={false}
            connectionRadius={32}
            minZoom={0.1}
            maxZoom={2}
          >
            <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
            <MiniMap<FlowNode>
              position="bottom-left"
              pannable
              zoomable
              nodeColor={minimapColor}
              className={canvas.minimap!}
              ariaLabel="Map of the journey"
            />
            <Controls showInteractive={false} className={canvas.controls!} />
            <Panel position="top-left" className={classes.bars!}>
              <Toolbar editor={editor} snapping={snapping} setSnapping={setSnapping} tidy={tidy} fit={fit} />
              <Problems
                key={key}
                problems={problems.data}
                journeyId={journey.id}
                graph={graph}
                jump={jump}
                opened={params.has("problems")}
              />
            </Panel>
          </ReactFlow>
          {graph.nodes.length === 0 ? (
            <p className={classes.start}>
              Drag a <strong>trigger</strong> from the left onto the canvas to begin.
            </p>
          ) : null}
          {addPlace ? (
            <AddMenu
              place={addPlace}
              close={() => setAddPlace(undefined)}
              add={(kind) => {
                add(kind, { x: addPlace.at.x, y: addPlace.at.y - 30 }, undefined, addPlace.from);
                setAddPlace(undefined);
              }}
            />
          ) : null}
        </CanvasContextProvider>
        <Aside>
          {node ? (
            <NodeProperties
              key={node.id}
              node={node}
              graph={graph}
              problems={(problems.data ?? []).filter((each) => each.nodeId === node.id)}
              close={clear}
              change={(next, about) => edit((before) => changeNode(before, next), `${node.id} ${about}`)}
              rename={(id) => {
                edit((before) => renameNode(before, node.id, id));
                select(new Set([id]));
              }}
              remove={() => edit((before) => remove(before, new Set([node.id]), new Set()))}
              duplicate={duplicate}
              lead={(branch, target) => edit((before) => lead(before, node.id, branch, target))}
            />
          ) : edge ? (
            <EdgeProperties
              key={edge.id}
              edge={edge}
              graph={graph}
              close={clear}
              connect={(source, target, branch) =>
                edit((before) => connect(remove(before, new Set(), new Set([edge.id])), source, target, branch))
              }
              remove={() => edit((before) => remove(before, new Set(), new Set([edge.id])))}
            />
          ) : selectedNodes.size > 1 ? (
            <SelectionProperties
              count={selectedNodes.size}
              align={() =>
                edit((before) => moveNodes(before, inOneRow(before.nodes.filter((each) => selectedNodes.has(each.id)))))
              }
            />
          ) : null}
        </Aside>
      </div>
    </div>
  );
}

function Aside({ children }: { children: ReactNode }) {
  return children ? (
    <aside className={classes.properties} aria-label="Properties">
      {children}
    </aside>
  ) : null;
}

/** Puts nodes at the same height, so that they read from left to right. */
function inOneRow(nodes: readonly Node[]): Map<string, Point> {
  const top = Math.min(...nodes.map((node) => node.position.y));
  return new Map(nodes.map((node) => [node.id, { x: node.position.x, y: top }]));
}
