import { useReducedMotion } from "@mantine/hooks";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useDraft } from "../draft/draft";
import type { Graph } from "../graph/graph";
import { Failed, Loading } from "../ui/States";
import { secondsOf } from "../ui/times";
import { type Finding, isGoing, type Simulation, useReport } from "./calls";
import { Earlier } from "./Earlier";
import { dotsOf, momentOf, timesOf } from "./moments";
import { Person } from "./Person";
import { Results } from "./Results";
import classes from "./Simulated.module.css";
import { SimulatedGraph } from "./SimulatedGraph";
import type { Setup } from "./setup";
import { TimeBar } from "./TimeBar";
import { Walking } from "./Walking";

interface Props {
  /** Absent before the first simulation. */
  simulation: Simulation | undefined;
  graph: Graph;
  /** Why another simulation could not be started. */
  problem: ReactNode;
  form: ReactNode;
  /** Starts another simulation with other settings; absent in read-only mode. */
  again: ((patch: Partial<Setup>) => void) | undefined;
}

const noDots = new Map<string, number>();

/** Shows the journey's graph with the results of a simulation, and beside it the settings and findings. */
export function Simulated({ simulation, graph, problem, form, again }: Props) {
  const { journey } = useDraft();
  const isCalm = useReducedMotion();
  const [params, setParams] = useSearchParams();
  const { data: report, error, refetch } = useReport(journey.id, simulation);
  const [selected, setSelected] = useState<string>();
  const [finding, setFinding] = useState<Finding>();
  const [focus, setFocus] = useState<{ nodeId: string }>();
  const [playing, setPlaying] = useState(false);
  const [looked, setLooked] = useState<number>();

  const total = Math.ceil(secondsOf(report?.horizon) / 3_600);
  const hours = looked ?? total;
  const setHours = useCallback(
    (change: (before: number) => number) => setLooked((before) => change(before ?? total)),
    [total],
  );
  const times = useMemo(() => report?.design && timesOf(report.design), [report]);
  const moment = useMemo(() => times && momentOf(times, hours < total ? hours : undefined), [times, hours, total]);
  const dots = useMemo(
    () => (times && playing && !isCalm ? dotsOf(times, hours - 24, hours) : noDots),
    [times, playing, isCalm, hours],
  );
  const show = (nodeId: string) => {
    if (!graph.nodes.some((node) => node.id === nodeId)) return;
    setSelected(nodeId);
    setFocus({ nodeId });
  };
  const select = (nodeId: string | undefined) => {
    setSelected(nodeId);
    setFinding(undefined);
  };
  const openPerson = (index: number) => setParams({ person: String(index) });
  const person = params.get("person");
  const start = report?.startTime ?? "";

  return (
    <div className={classes.page}>
      <div className={classes.main}>
        <div className={classes.canvas}>
          <SimulatedGraph
            graph={graph}
            moment={moment}
            dots={dots}
            selected={selected}
            focus={focus}
            onSelect={select}
          />
        </div>
        {report ? (
          <TimeBar
            start={start}
            total={total}
            hours={hours}
            setHours={setHours}
            playing={playing}
            setPlaying={setPlaying}
          />
        ) : null}
      </div>
      <aside className={classes.side} aria-label="Simulation">
        {simulation && report && person !== null ? (
          <Person
            simulation={simulation}
            index={Number(person)}
            graph={graph}
            end={new Date(Date.parse(start) + secondsOf(report.horizon) * 1_000).toISOString()}
            close={() => setParams({})}
          />
        ) : (
          <>
            <header className={classes.head}>
              <h2 className={classes.title}>Simulation</h2>
              <Earlier journeyId={journey.id} shown={simulation?.id} />
            </header>
            {simulation ? null : (
              <p className={classes.about}>
                Made-up people go through this journey in weeks of virtual time, with the engine that runs live. Nothing
                is sent or shown to anybody, and nobody is enrolled.
              </p>
            )}
            {problem}
            {simulation && isGoing(simulation) ? (
              <Walking simulation={simulation} mayCancel={again !== undefined} />
            ) : null}
            {simulation ? <Ended simulation={simulation} /> : null}
            {simulation?.status === "COMPLETED" && !report ? (
              error ? (
                <Failed error={error} retry={() => void refetch()} />
              ) : (
                <Loading label="Loading the report" />
              )
            ) : null}
            {simulation && report ? (
              <Results
                simulation={simulation}
                report={report}
                graph={graph}
                selected={selected}
                finding={finding}
                select={(next) => {
                  setFinding(next);
                  if (next.nodeId) show(next.nodeId);
                }}
                show={show}
                openPerson={openPerson}
                again={again}
              />
            ) : null}
            {simulation && form && !isGoing(simulation) ? (
              <details className={classes.setup} open={simulation.status !== "COMPLETED"}>
                <summary>Change the settings</summary>
                {form}
              </details>
            ) : simulation ? null : (
              (form ?? <p className={classes.about}>Editors can start a simulation.</p>)
            )}
          </>
        )}
      </aside>
    </div>
  );
}

/** Shows why a simulation has no report. */
function Ended({ simulation: { status, done, total, error } }: { simulation: Simulation }) {
  if (status === "CANCELLED")
    return (
      <p className={classes.about} role="status">
        Cancelled after {done.toLocaleString("en")} of {total.toLocaleString("en")} people. What they did is not kept.
      </p>
    );
  if (status !== "FAILED") return null;
  return (
    <p className={classes.failed} role="alert">
      {error?.reason === "SIMULATION_TOO_LONG"
        ? `It took too long and was stopped after ${done.toLocaleString("en")} ` +
          `of ${total.toLocaleString("en")} people. ` +
          "Try fewer people or less time."
        : error?.message || "The simulation failed."}
    </p>
  );
}
