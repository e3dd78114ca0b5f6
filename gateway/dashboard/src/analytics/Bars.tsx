import { inFull } from "../ui/times";
import classes from "./Bars.module.css";
import { percent } from "./numbers";

interface Bar {
  id: string;
  label: string;
  count: number;
  /** The share of the total, 0 to 1. */
  share: number;
}

/** Shows counts one below the other, each with its share of the total. */
export function Bars({
  label,
  bars,
  total,
  empty,
}: {
  label: string;
  bars: readonly Bar[];
  total: number;
  empty: string;
}) {
  if (total === 0) return <p className={classes.empty}>{empty}</p>;
  return (
    <ol className={classes.bars} aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.id} className={classes.bar}>
          <span className={classes.label} title={bar.label} dir="auto">
            {bar.label}
          </span>
          <span className={classes.track} aria-hidden>
            <span className={classes.fill} style={{ width: `${Math.min(1, bar.share) * 100}%` }} />
          </span>
          <span className={classes.count}>{inFull(bar.count)}</span>
          <span className={classes.share}>{percent(bar.share)}</span>
        </li>
      ))}
    </ol>
  );
}
