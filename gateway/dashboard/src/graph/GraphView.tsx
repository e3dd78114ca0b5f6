import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import {
  Background,
  BackgroundVariant,
  type ColorMode,
  Controls,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
} from "@xyflow/react";
import { type ReactNode, useMemo, useRef } from "react";
import classes from "./Canvas.module.css";
import { type FlowNode, toFlowEdges, toFlowNodes } from "./flow";
import type { Graph, Node } from "./graph";
import { CanvasContextProvider, NodeCard } from "./NodeCard";
import { infoOf } from "./nodes";
import { useFirstView } from "./useFirstView";

export const nodeTypes = { step: NodeCard };
export const minimapColor = (node: FlowNode): string => `var(--mantine-color-${infoOf(node.data.node).color}-filled)`;
export const fitOptions = { padding: 0.12, maxZoom: 1 };

export function useCanvasLook(): { colorMode: ColorMode } {
  return { colorMode: useComputedColorScheme("light") };
}

interface GraphViewProps {
  /** What is drawn, for those who do not see it. */
  label: string;
  graph: Graph;
  /** Shown below a node's summary. */
  footer?: (node: Node) => ReactNode;
  /** Shown beside a way out of several. */
  wayNote?: (node: Node, branch: string) => ReactNode;
  /** Written on an edge. */
  edgeLabel?: (source: string, branch: string) => string | undefined;
  selected?: string;
  onSelect?: (nodeId: string | undefined) => void;
  children?: ReactNode;
}

/** A graph to look at: zoom, pan, select. */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <View {...props} />
    </ReactFlowProvider>
  );
}

function View({ label, graph, footer, wayNote, edgeLabel, selected, onSelect, children }: GraphViewProps) {
  const look = useCanvasLook();
  const nodes = useMemo(() => toFlowNodes(graph, [], new Set(selected ? [selected] : [])), [graph, selected]);
  const edges = useMemo(
    () =>
      toFlowEdges(graph, []).map((edge) => ({
        ...edge,
        focusable: false,
        label: edgeLabel?.(edge.source, edge.data?.edge.branch ?? ""),
      })),
    [graph, edgeLabel],
  );
  const context = useMemo(
    () => ({
      readOnly: true,
      problems: new Map<string, string[]>(),
      ...(footer ? { footer } : {}),
      ...(wayNote ? { wayNote } : {}),
    }),
    [footer, wayNote],
  );
  const pane = useRef<HTMLDivElement>(null);
  useFirstView(graph, pane);
  return (
    <CanvasContextProvider value={context}>
      <ReactFlow
        ref={pane}
        {...look}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        className={classes.flow}
        aria-label={label}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={onSelect !== undefined}
        deleteKeyCode={null}
        onNodeClick={(_, node) => onSelect?.(node.id)}
        onPaneClick={() => onSelect?.(undefined)}
        minZoom={0.1}
        maxZoom={2}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
        <MiniMap<FlowNode>
          position="bottom-left"
          pannable
          zoomable
          nodeColor={minimapColor}
          className={classes.minimap!}
          ariaLabel="Map of the journey"
        />
        <Controls showInteractive={false} className={classes.controls!} />
        {children}
      </ReactFlow>
    </CanvasContextProvider>
  );
}
