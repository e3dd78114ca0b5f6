import { Table } from "@mantine/core";
import { inFull, inWords } from "../ui/times";
import type { DesignReport } from "./calls";
import classes from "./Results.module.css";
import { endingInWords, shareOf } from "./words";

/** Shows how attempts end and how long that takes, beside the live version if it was simulated too. */
export function Endings({ design, baseline }: { design: DesignReport; baseline: DesignReport | undefined }) {
  const before = new Map(baseline?.endings.map((each) => [`${each.status} ${each.name}`, each]));
  const now = new Set(design.endings.map((each) => `${each.status} ${each.name}`));
  const gone = baseline?.endings.filter((each) => !now.has(`${each.status} ${each.name}`)) ?? [];
  const total = design.endings.reduce((all, { count }) => all + Number(count), 0);
  const rows = [
    ...design.endings.map((each) => ({ ...each, before: before.get(`${each.status} ${each.name}`)?.count ?? "0" })),
    ...gone.map((each) => ({ ...each, count: "0", timeToEnd: undefined, before: each.count })),
  ].toSorted((a, b) => Number(b.count) - Number(a.count));
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Endings">
      <Table className={classes.table!} verticalSpacing={6} horizontalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Ending</Table.Th>
            <Table.Th data-number>Now</Table.Th>
            {baseline ? <Table.Th data-number>Live</Table.Th> : null}
            <Table.Th>Half within</Table.Th>
            <Table.Th>90% within</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ status, name, count, timeToEnd, before: live }) => (
            <Table.Tr key={`${status} ${name}`}>
              <Table.Td>{endingInWords(status, name)}</Table.Td>
              <Table.Td data-number>
                {inFull(Number(count))}
                <span className={classes.share}>{shareOf(Number(count), total)}</span>
              </Table.Td>
              {baseline ? <Table.Td data-number>{inFull(Number(live))}</Table.Td> : null}
              <Table.Td>{status !== "ACTIVE" && timeToEnd ? inWords(timeToEnd.p50) : "–"}</Table.Td>
              <Table.Td>{status !== "ACTIVE" && timeToEnd ? inWords(timeToEnd.p90) : "–"}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
