import { type Edge as FlowEdgeOf, type Node as FlowNodeOf, MarkerType } from "@xyflow/react";
import type { Edge, Graph, Node } from "./graph";
import { nodeHeight, nodeWidth } from "./layout";
import { titleOf, waysOut } from "./nodes";

/** The graph as React Flow draws it. */
export type FlowNode = FlowNodeOf<{ node: Node }, "step">;
export type FlowEdge = FlowEdgeOf<{ edge: Edge }>;

/** Names of handles. They have a prefix, because a branch may have any name and the default branch has none. */
export const outHandle = (branch: string): string => `out:${branch}`;
export const branchOf = (handle: string | null | undefined): string => (handle ?? "").replace(/^out:/, "");
export const inHandle = "in";

/** Keeps what React Flow stores of an existing node: its measured size and whether it is selected. */
export function toFlowNodes(graph: Graph, before: readonly FlowNode[], select?: ReadonlySet<string>): FlowNode[] {
  const old = new Map(before.map((each) => [each.id, each]));
  return graph.nodes.map((node) => {
    const known = old.get(node.id);
    const selected = select ? select.has(node.id) : (known?.selected ?? false);
    if (known && known.data.node === node && known.selected === selected && !known.dragging) return known;
    return {
      ...known,
      id: node.id,
      type: "step",
      position: node.position,
      data: { node },
      selected,
      width: nodeWidth,
      initialHeight: nodeHeight(waysOut(node).length),
      ariaLabel: titleOf(node),
      dragging: false,
    };
  });
}

export function toFlowEdges(graph: Graph, before: readonly FlowEdge[]): FlowEdge[] {
  const old = new Map(before.map((each) => [each.id, each]));
  const names = new Map(graph.nodes.map((node) => [node.id, titleOf(node)]));
  return graph.edges.map((edge) => {
    const known = old.get(edge.id);
    if (known?.data?.edge === edge) return known;
    return {
      ...known,
      id: edge.id,
      source: edge.source,
      target: edge.target,
      sourceHandle: outHandle(edge.branch),
      targetHandle: inHandle,
      data: { edge },
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
      ariaLabel:
        `${edge.branch || "next"}: ${names.get(edge.source) ?? edge.source} ` +
        `to ${names.get(edge.target) ?? edge.target}`,
    };
  });
}
