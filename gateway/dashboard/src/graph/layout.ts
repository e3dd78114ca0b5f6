import dagre from "@dagrejs/dagre";
import { type Graph, moveNodes, type Point } from "./graph";
import { waysOut } from "./nodes";

export const nodeWidth = 216;
export const snap = 8;
const gap = 16;

/** Returns the approximate height of a node: its head, its summary, and a line for each of several ways out. */
export function nodeHeight(ways: number): number {
  return 62 + (ways > 1 ? ways * 24 + 6 : 0);
}

/** Arranges a graph from left to right with few crossing edges. */
export function arrange(graph: Graph): Graph {
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: "LR", nodesep: 32, ranksep: 72, edgesep: 16 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes)
    layout.setNode(node.id, { width: nodeWidth, height: nodeHeight(waysOut(node).length) });
  for (const edge of graph.edges) layout.setEdge(edge.source, edge.target, {}, edge.id);
  dagre.layout(layout);

  const positions = new Map<string, Point>();
  for (const node of graph.nodes) {
    const { x, y, width, height } = layout.node(node.id) as Point & { width: number; height: number };
    // dagre returns the center, and the canvas needs the corner.
    positions.set(node.id, { x: onGrid(x - width / 2), y: onGrid(y - height / 2) });
  }
  return moveNodes(graph, positions);
}

/** Arranges a graph whose nodes have no positions, for example one created by a program. */
export function placed(graph: Graph): Graph {
  const [first] = graph.nodes;
  const isPile =
    graph.nodes.length > 1 &&
    graph.nodes.every(({ position }) => position.x === first!.position.x && position.y === first!.position.y);
  return isPile ? arrange(graph) : graph;
}

/** Returns the nearest place at or below the wanted one where a node of this height overlaps no other. */
export function freePlace(graph: Graph, wanted: Point, height: number): Point {
  const place = { x: onGrid(wanted.x), y: onGrid(wanted.y) };
  const lies = (node: Graph["nodes"][number]) =>
    Math.abs(node.position.x - place.x) < nodeWidth + gap &&
    place.y < node.position.y + nodeHeight(waysOut(node).length) + gap &&
    node.position.y < place.y + height + gap;
  for (let hit = graph.nodes.find(lies); hit; hit = graph.nodes.find(lies))
    place.y = onGrid(hit.position.y + nodeHeight(waysOut(hit).length) + gap + snap / 2);
  return place;
}

/** Returns the place of the next node after this one. */
export const besides = ({ position }: { position: Point }): Point => ({
  x: position.x + nodeWidth + 72,
  y: position.y,
});

export const onGrid = (value: number): number => Math.round(value / snap) * snap;

const smallest = 0.7;
const margin = { left: 32, top: 76, right: 32, bottom: 32 };

/**
 * Returns the first view of a canvas of this size: the whole graph, or its left end if the whole would be too small to
 * read.
 */
export function firstView(graph: Graph, width: number, height: number): Point & { zoom: number } {
  if (graph.nodes.length === 0) return { x: 0, y: 0, zoom: 1 };
  const left = Math.min(...graph.nodes.map((node) => node.position.x));
  const top = Math.min(...graph.nodes.map((node) => node.position.y));
  const right = Math.max(...graph.nodes.map((node) => node.position.x + nodeWidth));
  const bottom = Math.max(...graph.nodes.map((node) => node.position.y + nodeHeight(waysOut(node).length)));
  const room = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const zoom = Math.min(1, Math.max(smallest, Math.min(room.width / (right - left), room.height / (bottom - top))));
  const spare = { x: room.width - (right - left) * zoom, y: room.height - (bottom - top) * zoom };
  return {
    zoom,
    x: margin.left + Math.max(0, spare.x / 2) - left * zoom,
    // If the graph is too tall, shows its vertical middle, because journeys begin there.
    y: margin.top + spare.y / 2 - top * zoom,
  };
}
