import { useCallback, useMemo, useState } from "react";
import { Link } from "react-router";
import counted from "../graph/counts.module.css";
import { GraphView } from "../graph/GraphView";
import type { Graph, Node } from "../graph/graph";
import { titleOf, waysOut } from "../graph/nodes";
import { inFull } from "../ui/times";
import classes from "./CountedGraph.module.css";
import { type Analytics, passages } from "./numbers";

interface CountedGraphProps {
  journeyId: string;
  graph: Graph;
  analytics: Analytics;
}

/** The journey's graph with the number of people who passed each node and way, and who are there now. */
export function CountedGraph({ journeyId, graph, analytics }: CountedGraphProps) {
  const counts = useMemo(() => passages(analytics.nodes), [analytics.nodes]);
  const [selected, setSelected] = useState<string>();

  const footer = useCallback(
    (node: Node) => {
      const { entered = 0, hereNow = 0 } = counts.get(node.id) ?? {};
      return (
        <span className={counted.counts}>
          <span>
            <strong>{inFull(entered)}</strong> entered
          </span>
          {hereNow === 0 ? null : (
            <span className={counted.here}>
              <strong>{inFull(hereNow)}</strong> here now
            </span>
          )}
        </span>
      );
    },
    [counts],
  );
  const taken = useCallback((nodeId: string, branch: string) => counts.get(nodeId)?.left.get(branch) ?? 0, [counts]);
  // Outcomes of content may share a way, so each outcome has its count at its name, and the way has its total on the
  // edge.
  const wayNote = useCallback(
    (node: Node, branch: string) => {
      const count = (node.content && counts.get(node.id)?.reported.get(branch)) ?? taken(node.id, branch);
      return (
        <span className={counted.way} data-some={count > 0 || undefined}>
          {inFull(count)}
        </span>
      );
    },
    [counts, taken],
  );
  // If a node has several ways, their counts are beside their names; a single way has its count on the edge.
  const onEdges = useMemo(
    () => new Set(graph.nodes.filter((node) => node.content || waysOut(node).length === 1).map((node) => node.id)),
    [graph],
  );
  const edgeLabel = useCallback(
    (source: string, branch: string) => (onEdges.has(source) ? inFull(taken(source, branch)) : undefined),
    [onEdges, taken],
  );

  const node = graph.nodes.find((each) => each.id === selected);
  return (
    <div className={classes.canvas}>
      <GraphView
        label="The journey with its counts"
        graph={graph}
        footer={footer}
        wayNote={wayNote}
        edgeLabel={edgeLabel}
        onSelect={setSelected}
        {...(selected ? { selected } : {})}
      >
        {node && !node.exit && !node.trigger ? (
          <div className={classes.about}>
            <span className={classes.title}>{titleOf(node)}</span>
            <Link to={`/journeys/${journeyId}/people?status=ACTIVE&node=${encodeURIComponent(node.id)}`}>
              See who is here now
            </Link>
          </div>
        ) : null}
      </GraphView>
    </div>
  );
}
