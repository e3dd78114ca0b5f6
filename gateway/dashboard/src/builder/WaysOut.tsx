import { Input, NativeSelect } from "@mantine/core";
import type { Graph, Node } from "../graph/graph";
import { titleOf, waysOut } from "../graph/nodes";
import classes from "./Properties.module.css";

interface WaysOutProps {
  node: Node;
  graph: Graph;
  /** Absent in read-only mode. An empty target removes the edge. */
  lead?: (branch: string, target: string) => void;
}

/** Edits the target of each way out of a node, without a mouse. */
export function WaysOut({ node, graph, lead }: WaysOutProps) {
  const ways = waysOut(node);
  if (ways.length === 0) return null;
  const targets = graph.nodes.filter((each) => !each.trigger).map((each) => ({ value: each.id, label: titleOf(each) }));
  return (
    <Input.Wrapper label="Leads to" labelElement="div">
      <div className={classes.ways}>
        {ways.map(({ branch, label, optional }) => (
          <NativeSelect
            key={branch}
            label={ways.length > 1 ? label : undefined}
            aria-label={ways.length > 1 ? undefined : "Leads to"}
            disabled={!lead}
            data={[{ value: "", label: optional ? "same as finished" : "nowhere yet" }, ...targets]}
            value={graph.edges.find((edge) => edge.source === node.id && edge.branch === branch)?.target ?? ""}
            onChange={({ currentTarget: { value } }) => lead?.(branch, value)}
            classNames={{ root: classes.way!, label: classes.wayName! }}
            labelProps={{ dir: "auto" }}
          />
        ))}
      </div>
    </Input.Wrapper>
  );
}
