import { type EdgeTypes, ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useMemo, useRef } from "react";
import { Canvas } from "./Canvas";
import { toFlowEdges, toFlowNodes } from "./flow";
import type { Graph, Node } from "./graph";
import { CanvasContextProvider } from "./NodeCard";
import { useFirstView } from "./useFirstView";

interface GraphViewProps {
  /** The accessible name of the graph. */
  label: string;
  graph: Graph;
  /** Shown below a node's summary. */
  footer?: (node: Node) => ReactNode;
  /** Shown beside each way of a node with several ways. */
  wayNote?: (node: Node, branch: string) => ReactNode;
  /** The label of an edge. */
  edgeLabel?: (source: string, branch: string) => string | undefined;
  /** The components that draw edges, if not the default ones. */
  edgeTypes?: EdgeTypes;
  selected?: string;
  onSelect?: (nodeId: string | undefined) => void;
  children?: ReactNode;
}

/** A read-only graph with zoom, pan and selection. */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <View {...props} />
    </ReactFlowProvider>
  );
}

function View({ label, graph, footer, wayNote, edgeLabel, edgeTypes, selected, onSelect, children }: GraphViewProps) {
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
      <Canvas
        ref={pane}
        nodes={nodes}
        edges={edges}
        aria-label={label}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={onSelect !== undefined}
        deleteKeyCode={null}
        {...(edgeTypes ? { edgeTypes } : {})}
        onNodeClick={(_, node) => onSelect?.(node.id)}
        onPaneClick={() => onSelect?.(undefined)}
      >
        {children}
      </Canvas>
    </CanvasContextProvider>
  );
}
