import { Text } from "@mantine/core";
import type { Detail } from "../../graph/details";
import { type Difference, isNone } from "../../graph/diff";
import type { Node } from "../../graph/graph";
import { titleOf } from "../../graph/nodes";
import classes from "./Changes.module.css";

interface ChangesProps {
  change: Difference;
  details: readonly Detail[];
  isFirst: boolean;
}

/** Shows the differences from the newest version: nodes and settings by name, then field by field. */
export function Changes({ change, details, isFirst }: ChangesProps) {
  if (isFirst)
    return (
      <Text>
        The first version, with {change.added.length} {change.added.length === 1 ? "node" : "nodes"}.
      </Text>
    );
  if (isNone(change)) return <Text>Nothing differs from the newest version.</Text>;
  return (
    <>
      <dl className={classes.changes}>
        <Line title="Added" tone="teal" nodes={change.added} />
        <Line title="Removed" tone="red" nodes={change.removed} />
        <Line title="Changed" tone="yellow" nodes={change.changed} />
        <Line title="Rerouted" tone="blue" nodes={change.rerouted} />
        {change.settings.length > 0 ? (
          <>
            <dt>Settings</dt>
            <dd>{change.settings.join(", ")}</dd>
          </>
        ) : null}
      </dl>
      {details.length > 0 ? <Details details={details} /> : null}
    </>
  );
}

function Details({ details }: { details: readonly Detail[] }) {
  return (
    <div className={classes.details} tabIndex={0} role="region" aria-label="Field by field">
      {details.map(({ of, fields }, i) => (
        <div key={i}>
          <h3>{of}</h3>
          <ul>
            {fields.map(({ field, before, after }) => (
              <li key={field}>
                <span className={classes.field}>{field}</span>
                <del>{before}</del>
                <span aria-hidden> → </span>
                <ins>{after}</ins>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function Line({ title, tone, nodes }: { title: string; tone: string; nodes: readonly Node[] }) {
  if (nodes.length === 0) return null;
  return (
    <>
      <dt>
        <span className={classes.dot} data-tone={tone} aria-hidden />
        {title} ({nodes.length})
      </dt>
      <dd>{nodes.map(titleOf).join(", ")}</dd>
    </>
  );
}
