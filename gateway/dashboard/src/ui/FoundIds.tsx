import { faultOf, goodIds } from "./csv";
import classes from "./IdsInput.module.css";
import { inFull } from "./times";
import { useUnknownIds } from "./useUnknownIds";

/** Shows how many ids were found, which of them are left out, and how many belong to no user yet. */
export function FoundIds({ ids, of }: { ids: readonly string[]; of?: number }) {
  const bad = ids.filter((id) => faultOf(id) !== undefined);
  const good = goodIds(ids);
  const unknown = useUnknownIds(good).data;
  return (
    <div className={classes.found} aria-live="polite">
      <span hidden={ids.length === 0}>
        <strong>{inFull(good.length)}</strong> {good.length === 1 ? "user" : "different users"}
        {of === undefined ? "" : ` in ${inFull(of)} ${of === 1 ? "row" : "rows"}`}
      </span>
      {unknown && good.length > 0 ? (
        <span>
          {unknown.count === 0 ? (
            "all known"
          ) : (
            <>
              <strong>{inFull(unknown.count)}</strong> not known yet: {unknown.first!.slice(0, 30)}
              {unknown.count > 1 ? ", …" : ""}
            </>
          )}
        </span>
      ) : null}
      {bad.length > 0 ? (
        <span className={classes.bad}>
          {inFull(bad.length)} left out: {bad[0]!.slice(0, 30)} {faultOf(bad[0]!)}
        </span>
      ) : null}
    </div>
  );
}
