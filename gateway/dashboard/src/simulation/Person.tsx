import { Button } from "@mantine/core";
import { ChevronLeft } from "lucide-react";
import type { Graph } from "../graph/graph";
import { Timeline } from "../people/Timeline";
import { Facts } from "../ui/Panel";
import { Failed, Loading } from "../ui/States";
import { inFull } from "../ui/times";
import { type Simulation, useSimulatedPerson } from "./calls";
import classes from "./Person.module.css";
import { endingInWords, visitsOf } from "./words";

interface Props {
  simulation: Simulation;
  index: number;
  graph: Graph;
  /** The end of virtual time. */
  end: string;
  close: () => void;
}

/** Shows the timeline of one simulated person like the history of a real one: every visit and its cause. */
export function Person({ simulation, index, graph, end, close }: Props) {
  const person = useSimulatedPerson(simulation.journeyId, simulation.id, index);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return (
    <section className={classes.person} aria-label={`Person ${index}`}>
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        className={classes.back!}
        leftSection={<ChevronLeft size={14} aria-hidden />}
        onClick={close}
      >
        The whole simulation
      </Button>
      <h2 className={classes.title}>Person {index}</h2>
      {person.error ? <Failed error={person.error} retry={() => void person.refetch()} /> : null}
      {person.isPending ? <Loading label="Loading the person" /> : null}
      {person.data ? (
        <>
          <Facts facts={factsOf(person.data)} />
          {person.data.attempts.length === 0 ? <p className={classes.note}>This person never entered.</p> : null}
          {person.data.attempts.map((attempt, i) => (
            <div key={i} className={classes.attempt}>
              <h3 className={classes.heading}>
                {person.data.attempts.length > 1 ? `Attempt ${i + 1}. ` : ""}
                {endingInWords(attempt.status, attempt.outcome || attempt.stopReason)}
              </h3>
              <Timeline
                visits={visitsOf(attempt, person.data)}
                nodes={nodes}
                end={attempt.endTime ?? end}
                isHere={attempt.status === "ACTIVE"}
              />
            </div>
          ))}
          {Number(person.data.leftOut) > 0 ? (
            <p className={classes.note}>
              Only the first steps are kept; {inFull(Number(person.data.leftOut))} later steps and events are not shown.
            </p>
          ) : null}
        </>
      ) : null}
    </section>
  );
}

function factsOf({
  timeZone,
  role,
  traits,
}: {
  timeZone: string;
  role: string;
  traits?: object;
}): (readonly [string, string])[] {
  return [
    ...(timeZone ? [["Time zone", timeZone] as const] : []),
    ...(role ? [["Role", role] as const] : []),
    ...Object.entries(traits ?? {}).map(
      ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
    ),
  ];
}
