import { Table } from "@mantine/core";
import type { Graph } from "../graph/graph";
import { inFull } from "../ui/times";
import { type NodeCount, order, passages } from "./numbers";
import classes from "./TimeSpent.module.css";

/**
 * Shows for each content node how often it was reached, seen and finished, by reported outcome, and how often it timed
 * out.
 */
export function ContentOutcomes({
  nodes,
  graph,
  title,
}: {
  nodes: readonly NodeCount[];
  graph: Graph;
  title: (id: string) => string;
}) {
  const counts = passages(nodes);
  const contents = new Set(graph.nodes.filter((node) => node.content).map((node) => node.id));
  const rows = order(graph).filter((id) => contents.has(id) && counts.has(id));
  if (rows.length === 0) return <p className={classes.empty}>Nobody has reached content yet.</p>;
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Outcomes by content">
      <Table className={classes.table!} verticalSpacing={7} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th data-number>Reached</Table.Th>
            <Table.Th data-number>Shown</Table.Th>
            <Table.Th data-number>Not shown</Table.Th>
            <Table.Th data-number>Completed</Table.Th>
            <Table.Th data-number>Dismissed</Table.Th>
            <Table.Th data-number>Skipped</Table.Th>
            <Table.Th data-number>Timed out</Table.Th>
            <Table.Th data-number>Here now</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((id) => {
            const { entered, hereNow, shown, notShown, left, reported } = counts.get(id)!;
            const ends = [reported.get(""), reported.get("dismissed"), reported.get("skipped"), left.get("timeout")];
            return (
              <Table.Tr key={id}>
                <Table.Td>{title(id)}</Table.Td>
                {[entered, shown, notShown, ...ends, hereNow].map((count, column) => (
                  <Table.Td key={column} data-number>
                    {inFull(count ?? 0)}
                  </Table.Td>
                ))}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
