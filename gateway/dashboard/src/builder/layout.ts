import dagre from "@dagrejs/dagre";
import { type Graph, moveNodes, type Point } from "./graph";
import { waysOut } from "./ways";

export const nodeWidth = 216;
export const snap = 8;

/** About how tall a node is drawn: its head, its summary, and a line for each of several ways out. */
export function nodeHeight(ways: number): number {
  return 62 + (ways > 1 ? ways * 24 + 6 : 0);
}

/** Arranges a graph from left to right, so that edges cross little. */
export function arrange(graph: Graph): Graph {
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 88, edgesep: 16 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) layout.setNode(node.id, { width: nodeWidth, height: nodeHeight(waysOut(node).length) });
  for (const edge of graph.edges) layout.setEdge(edge.source, edge.target, {}, edge.id);
  dagre.layout(layout);

  const positions = new Map<string, Point>();
  for (const node of graph.nodes) {
    const { x, y, width, height } = layout.node(node.id) as Point & { width: number; height: number };
    // dagre gives the middle, the canvas wants the corner.
    positions.set(node.id, { x: onGrid(x - width / 2), y: onGrid(y - height / 2) });
  }
  return moveNodes(graph, positions);
}

export const onGrid = (value: number): number => Math.round(value / snap) * snap;
