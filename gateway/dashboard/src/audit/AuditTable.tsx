import { Button, Table, VisuallyHidden } from "@mantine/core";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Fragment, useState } from "react";
import { Facts } from "../ui/Panel";
import { Time } from "../ui/Time";
import classes from "./AuditLog.module.css";
import type { AuditEntry } from "./calls";
import { actionInWords, factsOf, outcomeInWords } from "./words";

interface AuditTableProps {
  entries: readonly AuditEntry[];
  /** Filters by the actor or the target of this entry. */
  filterBy: (name: "actor" | "target", value: string) => void;
}

/** The rows of the log. Each can be expanded to its details. */
export function AuditTable({ entries, filterBy }: AuditTableProps) {
  const [opened, setOpened] = useState("");
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Entries of the audit log">
      <Table className={classes.table!} verticalSpacing={9} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={150}>When</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th w={190}>Outcome</Table.Th>
            <Table.Th w={90}>
              <VisuallyHidden>Details</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Fragment key={entry.id}>
              <Table.Tr>
                <Table.Td>
                  <Time value={entry.time} />
                </Table.Td>
                <Table.Td>
                  {entry.actorName}
                  <span className={classes.note}>{entry.actorKind === "KEY" ? "key" : "member"}</span>
                </Table.Td>
                <Table.Td>
                  {actionInWords(entry.action)}
                  {entry.targetId ? (
                    <span className={classes.note}>
                      {entry.targetKind} {entry.targetId}
                    </span>
                  ) : null}
                </Table.Td>
                <Table.Td>
                  {outcomeInWords(entry)}
                  {entry.reason ? <span className={classes.note}>{entry.reason}</span> : null}
                </Table.Td>
                <Table.Td>
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-expanded={opened === entry.id}
                    aria-label={`Details of ${actionInWords(entry.action)} by ${entry.actorName}`}
                    rightSection={
                      opened === entry.id ? (
                        <ChevronDown size={12} aria-hidden />
                      ) : (
                        <ChevronRight size={12} aria-hidden />
                      )
                    }
                    onClick={() => setOpened(opened === entry.id ? "" : entry.id)}
                  >
                    Details
                  </Button>
                </Table.Td>
              </Table.Tr>
              {opened === entry.id ? (
                <Table.Tr>
                  <Table.Td colSpan={5}>
                    <Details entry={entry} filterBy={filterBy} />
                  </Table.Td>
                </Table.Tr>
              ) : null}
            </Fragment>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Details({ entry, filterBy }: { entry: AuditEntry; filterBy: AuditTableProps["filterBy"] }) {
  const parts = [
    ["Asked for", entry.request],
    ["Before", entry.before],
    ["After", entry.after],
  ] as const;
  return (
    <div className={classes.details}>
      <div className={classes.part}>
        <h3>Call</h3>
        <Facts
          facts={[
            ["Began", <Time key="time" value={entry.time} show="exact" />],
            ["Ended", <Time key="end" value={entry.endTime} show="exact" missing="not known" />],
            ["Action", entry.action],
            ["From", entry.address || "–"],
            ["Caller's id", entry.actorId],
          ]}
        />
        <Button size="compact-xs" variant="subtle" onClick={() => filterBy("actor", entry.actorId)}>
          All by this caller
        </Button>
        {entry.targetId ? (
          <Button size="compact-xs" variant="subtle" onClick={() => filterBy("target", entry.targetId)}>
            All about this {entry.targetKind}
          </Button>
        ) : null}
      </div>
      {parts.map(([title, part]) =>
        factsOf(part).length > 0 ? (
          <div key={title} className={classes.part}>
            <h3>{title}</h3>
            <Facts facts={factsOf(part)} />
          </div>
        ) : null,
      )}
    </div>
  );
}
