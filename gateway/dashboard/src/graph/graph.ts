import type { EdgeJson, GraphJson, NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { waysOut } from "./nodes";

/**
 * The graph of the builder, and its edits. Pure functions: each returns a new graph and leaves the old one unchanged.
 */

export interface Point {
  x: number;
  y: number;
}
export type Node = NodeJson & { id: string; name: string; position: Point };
export type Edge = Required<Pick<EdgeJson, "id" | "source" | "target" | "branch">>;
export interface Graph {
  nodes: readonly Node[];
  edges: readonly Edge[];
}

/** Fills in the absent fields of a graph from the API. */
export function readGraph(graph: GraphJson | undefined): Graph {
  return {
    nodes: (graph?.nodes ?? []).map((node) => ({
      ...node,
      id: node.id ?? "",
      name: node.name ?? "",
      position: { x: Number(node.position?.x ?? 0), y: Number(node.position?.y ?? 0) },
    })),
    edges: (graph?.edges ?? []).map(({ id = "", source = "", target = "", branch = "" }) => ({
      id,
      source,
      target,
      branch,
    })),
  };
}

export const writeGraph = (graph: Graph): GraphJson => ({ nodes: [...graph.nodes], edges: [...graph.edges] });

/** Returns the first of `wait`, `wait-2`, `wait-3`... that is not taken. */
export function freeId(wanted: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  const stem = wanted.slice(0, 56);
  for (let n = 1; ; n++) {
    const id = n === 1 ? stem : `${stem}-${n}`;
    if (!used.has(id)) return id;
  }
}

export const isSlug = (id: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(id);

export function addNode(graph: Graph, node: Omit<Node, "id">, wantedId: string): { graph: Graph; id: string } {
  const id = freeId(
    wantedId,
    graph.nodes.map((each) => each.id),
  );
  return { id, graph: { ...graph, nodes: [...graph.nodes, { ...node, id }] } };
}

/**
 * Replaces the node with the same id. Removes edges whose way out no longer exists; a way that was renamed in place
 * keeps its edge.
 */
export function changeNode(graph: Graph, next: Node): Graph {
  const before = graph.nodes.find((each) => each.id === next.id);
  const ways = waysOut(next);
  const old = before ? waysOut(before) : [];
  const renamed = new Map(ways.length === old.length ? old.map((way, i) => [way.branch, ways[i]!.branch]) : []);
  const known = new Set(ways.map((way) => way.branch));
  const edges = graph.edges.flatMap((edge) => {
    if (edge.source !== next.id || known.has(edge.branch)) return [edge];
    const branch = renamed.get(edge.branch);
    return branch !== undefined && known.has(branch) ? [{ ...edge, branch }] : [];
  });
  return { nodes: graph.nodes.map((each) => (each.id === next.id ? next : each)), edges };
}

export function renameNode(graph: Graph, id: string, nextId: string): Graph {
  return {
    nodes: graph.nodes.map((node) => (node.id === id ? { ...node, id: nextId } : node)),
    edges: graph.edges.map((edge) => ({
      ...edge,
      source: edge.source === id ? nextId : edge.source,
      target: edge.target === id ? nextId : edge.target,
    })),
  };
}

export function moveNodes(graph: Graph, positions: ReadonlyMap<string, Point>): Graph {
  const nodes = graph.nodes.map((node) => {
    const position = positions.get(node.id);
    return position && (position.x !== node.position.x || position.y !== node.position.y)
      ? { ...node, position }
      : node;
  });
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes };
}

/** Removes nodes with their edges, and edges. */
export function remove(graph: Graph, nodeIds: ReadonlySet<string>, edgeIds: ReadonlySet<string>): Graph {
  return {
    nodes: graph.nodes.filter((node) => !nodeIds.has(node.id)),
    edges: graph.edges.filter(
      (edge) => !edgeIds.has(edge.id) && !nodeIds.has(edge.source) && !nodeIds.has(edge.target),
    ),
  };
}

/** Whether a way out may lead to a node: not to a trigger, and only if both nodes and the way exist. */
export function canConnect(graph: Graph, source: string, target: string, branch: string): boolean {
  const from = graph.nodes.find((node) => node.id === source);
  const to = graph.nodes.find((node) => node.id === target);
  return from !== undefined && to !== undefined && !to.trigger && waysOut(from).some((way) => way.branch === branch);
}

/** Connects a way out to a node. Each way has one edge, so an existing edge is replaced. */
export function connect(graph: Graph, source: string, target: string, branch: string): Graph {
  if (!canConnect(graph, source, target, branch)) return graph;
  const edges = graph.edges.filter((edge) => edge.source !== source || edge.branch !== branch);
  const id = freeId(
    `${source}-${branch || "next"}`,
    edges.map((edge) => edge.id),
  );
  return { ...graph, edges: [...edges, { id, source, target, branch }] };
}

/** Connects a way out to a node, or removes its edge. */
export function lead(graph: Graph, source: string, branch: string, target: string): Graph {
  if (target !== "") return connect(graph, source, target, branch);
  return { ...graph, edges: graph.edges.filter((edge) => edge.source !== source || edge.branch !== branch) };
}

/** Inserts a node into an edge, by its first way out. A node without ways out ends the path there. */
export function insertInto(graph: Graph, edgeId: string, nodeId: string): Graph {
  const edge = graph.edges.find((each) => each.id === edgeId);
  const node = graph.nodes.find((each) => each.id === nodeId);
  if (!edge || !node || node.trigger) return graph;
  const first = waysOut(node)[0];
  const before = connect(graph, edge.source, nodeId, edge.branch);
  return first ? connect(before, nodeId, edge.target, first.branch) : before;
}

/** Returns the nodes of a selection and the edges among them. */
export function take(graph: Graph, nodeIds: ReadonlySet<string>): Graph {
  return {
    nodes: graph.nodes.filter((node) => nodeIds.has(node.id)),
    edges: graph.edges.filter((edge) => nodeIds.has(edge.source) && nodeIds.has(edge.target)),
  };
}

/** Adds a copy of a selection with free ids, moved right and down by `by`. */
export function paste(graph: Graph, copied: Graph, by: Point): { graph: Graph; ids: Set<string> } {
  const ids = new Map<string, string>();
  const taken = graph.nodes.map((node) => node.id);
  for (const node of copied.nodes) {
    const id = freeId(node.id.replace(/-\d+$/, ""), taken);
    ids.set(node.id, id);
    taken.push(id);
  }
  const edgeIds = graph.edges.map((edge) => edge.id);
  const nodes = copied.nodes.map((node) => ({
    ...node,
    id: ids.get(node.id)!,
    position: { x: node.position.x + by.x, y: node.position.y + by.y },
  }));
  const edges = copied.edges.map((edge) => {
    const source = ids.get(edge.source)!;
    const id = freeId(`${source}-${edge.branch || "next"}`, edgeIds);
    edgeIds.push(id);
    return { ...edge, id, source, target: ids.get(edge.target)! };
  });
  return {
    graph: { nodes: [...graph.nodes, ...nodes], edges: [...graph.edges, ...edges] },
    ids: new Set(ids.values()),
  };
}
