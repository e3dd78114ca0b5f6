import { useReactFlow } from "@xyflow/react";
import { useCallback, useMemo } from "react";
import type { Problem } from "../draft/calls";
import { problemWords } from "../draft/problemWords";
import type { Graph } from "../graph/graph";
import { moveDuration } from "./canvasMotion";
import type { Flow } from "./useFlow";

/** What is wrong with each node, in words, and how to get to a problem. */
export function useFaults(graph: Graph, { select, selectEdge }: Flow, problems: readonly Problem[] | undefined) {
  const { fitView } = useReactFlow();

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
    for (const problem of problems ?? []) {
      const owner = problem.nodeId || graph.edges.find((edge) => edge.id === problem.edgeId)?.source;
      if (owner) result.set(owner, [...(result.get(owner) ?? []), problemWords(problem)]);
    }
    return result;
  }, [problems, graph]);
  return { faults, jump };
}
