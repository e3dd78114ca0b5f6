import { useReactFlow } from "@xyflow/react";
import { useCallback, useEffect, useMemo } from "react";
import { moveDuration } from "../graph/canvasMotion";
import classes from "../graph/counts.module.css";
import { GraphView } from "../graph/GraphView";
import type { Graph, Node } from "../graph/graph";
import { waysOut } from "../graph/nodes";
import { inFull } from "../ui/times";
import { DotsProvider, flowingEdges } from "./FlowingEdge";
import { edgeKey, type NodeMoment } from "./moments";

interface Props {
  graph: Graph;
  /** Absent until there is a report. */
  moment: ReadonlyMap<string, NodeMoment> | undefined;
  dots: ReadonlyMap<string, number>;
  selected: string | undefined;
  /** The node that the canvas shows. A new object moves the canvas there again. */
  focus: { nodeId: string } | undefined;
  onSelect: (nodeId: string | undefined) => void;
}

/** Shows the journey with the number of people who have passed each node and way up to the selected time. */
export function SimulatedGraph({ graph, moment, dots, selected, focus, onSelect }: Props) {
  const footer = useCallback(
    (node: Node) => {
      const counted = moment?.get(node.id);
      if (!counted) return null;
      return (
        <span className={classes.counts}>
          <span>
            <strong>{inFull(counted.arrived)}</strong> came
          </span>
          {counted.here && !node.exit ? (
            <span className={classes.here}>
              <strong>{inFull(counted.here)}</strong> here
            </span>
          ) : null}
        </span>
      );
    },
    [moment],
  );
  const taken = useCallback((nodeId: string, branch: string) => moment?.get(nodeId)?.left.get(branch) ?? 0, [moment]);
  const wayNote = useCallback(
    (node: Node, branch: string) => {
      // An outcome without an edge of its own takes the default branch and is counted there.
      const count = moment?.get(node.id)?.left.get(branch);
      if (count === undefined) return null;
      return (
        <span className={classes.way} data-some={count > 0 || undefined}>
          {inFull(count)}
        </span>
      );
    },
    [moment],
  );
  // If a node has several ways, their counts are beside their names; a single way has its count on the edge.
  const single = useMemo(
    () => new Set(graph.nodes.filter((node) => waysOut(node).length === 1).map((node) => node.id)),
    [graph],
  );
  const edgeLabel = useCallback(
    (source: string, branch: string) => (moment && single.has(source) ? inFull(taken(source, branch)) : undefined),
    [moment, single, taken],
  );
  const dotsById = useMemo(
    () => new Map(graph.edges.map(({ id, source, branch }) => [id, dots.get(edgeKey(source, branch)) ?? 0])),
    [graph, dots],
  );
  return (
    <DotsProvider value={dotsById}>
      <GraphView
        label="The journey with simulated people"
        graph={graph}
        edgeTypes={flowingEdges}
        footer={footer}
        wayNote={wayNote}
        edgeLabel={edgeLabel}
        onSelect={onSelect}
        {...(selected ? { selected } : {})}
      >
        <Focus focus={focus} />
      </GraphView>
    </DotsProvider>
  );
}

/** Moves the canvas to a node. */
function Focus({ focus }: Pick<Props, "focus">) {
  const { fitView } = useReactFlow();
  useEffect(() => {
    if (focus)
      void fitView({ nodes: [{ id: focus.nodeId }], duration: moveDuration(), maxZoom: 1, minZoom: 0.7, padding: 0.6 });
  }, [focus, fitView]);
  return null;
}
