import { Table } from "@mantine/core";
import type { Graph } from "../graph/graph";
import { inFull, inWords } from "../ui/times";
import { type NodeCount, order } from "./numbers";
import classes from "./TimeSpent.module.css";

/**
 * Shows for each node how long half of the people stayed, and 90 percent. Each version has a line, because percentiles
 * of several versions cannot be added.
 */
export function TimeSpent({
  nodes,
  graph,
  title,
}: {
  nodes: readonly NodeCount[];
  graph: Graph;
  title: (id: string) => string;
}) {
  const places = new Map(order(graph).map((id, i) => [id, i]));
  const place = (node: NodeCount) => places.get(node.nodeId) ?? places.size;
  const rows = nodes
    .filter((node) => node.medianTime !== undefined)
    .toSorted((a, b) => place(a) - place(b) || a.version - b.version);
  const several = new Set(nodes.map((node) => node.version)).size > 1;
  if (rows.length === 0) return <p className={classes.empty}>Nobody has left a node yet.</p>;
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Time spent by node">
      <Table className={classes.table!} verticalSpacing={7} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            {several ? <Table.Th>Version</Table.Th> : null}
            <Table.Th data-number>Entered</Table.Th>
            <Table.Th data-number>Left</Table.Th>
            <Table.Th>Half within</Table.Th>
            <Table.Th>Nine in ten within</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((node) => (
            <Table.Tr key={`${node.version} ${node.nodeId}`}>
              <Table.Td>{title(node.nodeId)}</Table.Td>
              {several ? <Table.Td>{node.version}</Table.Td> : null}
              <Table.Td data-number>{inFull(node.entered)}</Table.Td>
              <Table.Td data-number>{inFull(node.left.reduce((sum, way) => sum + way.count, 0))}</Table.Td>
              <Table.Td>{spent(node.medianTime)}</Table.Td>
              <Table.Td>{spent(node.p90Time)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const spent = (time: string | undefined): string =>
  time && Number.parseFloat(time) >= 1 ? inWords(time) : "under a second";
