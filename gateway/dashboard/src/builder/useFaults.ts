import { useReactFlow } from "@xyflow/react";
import { useCallback, useMemo } from "react";
import type { Problem } from "../draft/calls";
import { type RootProblem, rootsOf } from "../draft/rootProblems";
import { moveDuration } from "../graph/canvasMotion";
import type { Graph } from "../graph/graph";
import type { Flow } from "./useFlow";

/** Returns the causes of the problems, the problems of each node, and a function that jumps to one. */
export function useFaults(
  graph: Graph,
  { select, selectEdge }: Flow,
  problems: readonly Problem[] | undefined,
  publishAsked: boolean,
) {
  const { fitView } = useReactFlow();

  const jump = useCallback(
    ({ problem }: RootProblem) => {
      const edge = graph.edges.find((each) => each.id === problem.edgeId);
      if (problem.nodeId) select(new Set([problem.nodeId]));
      else if (edge) selectEdge(edge.id);
      const ids = problem.nodeId ? [problem.nodeId] : edge ? [edge.source, edge.target] : [];
      if (ids.length > 0)
        void fitView({ nodes: ids.map((id) => ({ id })), duration: moveDuration(), maxZoom: 1, padding: 0.4 });
    },
    [graph, select, selectEdge, fitView],
  );

  const roots = useMemo(
    () =>
      problems &&
      rootsOf(problems, graph).map((root) => ({ ...root, isUnfinished: root.isUnfinished && !publishAsked })),
    [problems, graph, publishAsked],
  );
  const faults = useMemo(() => {
    const result = new Map<string, string[]>();
    for (const { node, words, isUnfinished } of roots ?? [])
      if (node && !isUnfinished) result.set(node.id, [...(result.get(node.id) ?? []), words]);
    return result;
  }, [roots]);
  return { roots, faults, jump };
}
