import type { Report } from "./calls";
import classes from "./Results.module.css";

const sources: Record<string, string> = {
  GIVEN: "as chosen",
  PRESET: "as people usually do",
  ABSENT: "nobody does it",
};

/** Shows the assumptions of a simulation: where the behavior comes from, and where it is not exact. */
export function Basis({ report, title }: { report: Report; title: (nodeId: string) => string | undefined }) {
  const { modelSources, approximations, seed, engineVersion, inputDigest } = report;
  return (
    <details className={classes.more}>
      <summary>Assumptions</summary>
      <dl className={classes.basis}>
        {modelSources.map(({ nodeId, eventName, source }) => (
          <div key={nodeId + eventName}>
            <dt>{nodeId ? (title(nodeId) ?? nodeId) : eventName}</dt>
            <dd>{sources[source as string] ?? source}</dd>
          </div>
        ))}
        <div>
          <dt>Seed</dt>
          <dd>{String(seed)}</dd>
        </div>
        <div>
          <dt>Engine</dt>
          <dd>{engineVersion}</dd>
        </div>
        <div>
          <dt>Input</dt>
          <dd>
            <code>{inputDigest.slice(0, 16)}</code>
          </dd>
        </div>
      </dl>
      {approximations.map((each) => (
        <p key={each} className={classes.note}>
          {each}
        </p>
      ))}
    </details>
  );
}
