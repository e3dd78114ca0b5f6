import type { ReactNode } from "react";
import { inFull } from "../ui/times";
import { type Analytics, entries, percent } from "./numbers";
import classes from "./Totals.module.css";

/** The most important numbers. */
export function Totals({ analytics }: { analytics: Analytics }) {
  const { active = 0, completed = 0, stopped = 0 } = analytics.totals ?? {};
  const count = entries(analytics);
  const share = (part: number) => (count > 0 ? `${percent(part / count)} of all` : "");
  return (
    <dl className={classes.totals}>
      <Total name="Entered" value={count} note="all enrollments" />
      <Total name="Inside now" value={active} note={share(active)} />
      <Total name="Completed" value={completed} note={share(completed)} />
      <Total name="Stopped early" value={stopped} note={share(stopped)} />
      <Total
        name="Reached the goal"
        value={analytics.goalReached}
        note={count > 0 ? `${percent(Number(analytics.goalConversion))} conversion` : ""}
      />
    </dl>
  );
}

function Total({ name, value, note }: { name: string; value: number; note: ReactNode }) {
  return (
    <div className={classes.total}>
      <dt>{name}</dt>
      <dd className={classes.value}>{inFull(value)}</dd>
      <dd className={classes.note}>{note}</dd>
    </div>
  );
}
