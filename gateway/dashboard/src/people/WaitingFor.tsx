import { Alert } from "@mantine/core";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { Panel } from "../ui/Panel";
import { Time } from "../ui/Time";
import { type Enrollment, nodeName } from "./calls";
import classes from "./WaitingFor.module.css";

/** Shows what an active enrollment waits for, and everything that would move it. */
export function WaitingFor({ enrollment, nodes }: { enrollment: Enrollment; nodes: ReadonlyMap<string, NodeJson> }) {
  const waiting = enrollment.waiting!;
  // The API describes a report as a call; here it is described for people.
  const ways = waiting.movedBy.map((way, i) =>
    waiting.kind === "REPORT" && i === 0 ? "They complete, dismiss or skip it, and the SDK reports it." : way,
  );
  return (
    <Panel
      title="Waiting for"
      about={
        <>
          At {nodeName(nodes, enrollment.currentNodeId)}, since <Time value={waiting.since} />
        </>
      }
    >
      <p className={classes.what}>{waiting.description}</p>
      {waiting.until ? (
        <p className={classes.until}>
          {waiting.kind === "TIME" || waiting.kind === "PARKED" ? "Until" : "At the latest"}{" "}
          <Time value={waiting.until} show="exact" />
        </p>
      ) : null}
      {ways.length > 0 ? (
        <>
          <h3 className={classes.title}>What would move them</h3>
          <ul className={classes.ways}>
            {ways.map((way) => (
              <li key={way}>{way}</li>
            ))}
          </ul>
        </>
      ) : null}
      {waiting.paused ? (
        <Alert color="yellow" py="xs" mt="sm">
          {waiting.siteHalted ? "The site is halted." : "The journey is paused."}{" "}
          {waiting.heldSignals === 0
            ? "Nothing has arrived in the meantime."
            : `${waiting.heldSignals} ${waiting.heldSignals === 1 ? "report or event" : "reports and events"} ` +
              "from the meantime will be applied after the resume."}
        </Alert>
      ) : null}
    </Panel>
  );
}
