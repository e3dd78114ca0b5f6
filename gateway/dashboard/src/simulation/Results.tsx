import { Alert, Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { useDraft } from "../draft/draft";
import type { Graph } from "../graph/graph";
import { Facts } from "../ui/Panel";
import { inFull, inWords, secondsOf } from "../ui/times";
import { Basis } from "./Basis";
import { Compared } from "./Compared";
import type { DesignReport, Finding, Report, Simulation } from "./calls";
import { Endings } from "./Endings";
import { Findings } from "./Findings";
import { People } from "./People";
import classes from "./Results.module.css";
import type { Setup } from "./setup";
import { refusalInWords, shareOf } from "./words";

interface Props {
  simulation: Simulation;
  report: Report;
  graph: Graph;
  selected: string | undefined;
  finding: Finding | undefined;
  select: (finding: Finding) => void;
  /** Shows a node on the canvas. */
  show: (nodeId: string) => void;
  openPerson: (index: number) => void;
  again: ((patch: Partial<Setup>) => void) | undefined;
}

/** Shows the results of a simulation. */
export function Results({ simulation, report, graph, selected, finding, select, show, openPerson, again }: Props) {
  const { journey } = useDraft();
  const design = report.design!;
  const title = (nodeId: string) => {
    const node = graph.nodes.find((each) => each.id === nodeId);
    return node && (node.name || node.id);
  };
  const isOld =
    simulation.design?.version === undefined && Date.parse(journey.updateTime!) > Date.parse(simulation.createTime!);
  return (
    <>
      {isOld ? (
        <Alert color="yellow" py="xs">
          The journey has changed since this simulation.{" "}
          {again ? (
            <Button size="compact-xs" variant="white" onClick={() => again({})}>
              Run it again
            </Button>
          ) : null}
        </Alert>
      ) : null}
      {Number(design.entered) === 0 ? (
        <NobodyEntered design={design} graph={graph} show={show} again={again} />
      ) : (
        <Facts facts={factsOf(report, design)} />
      )}
      <Part title={design.findings.length === 1 ? "1 finding" : `${design.findings.length} findings`}>
        <Findings findings={design.findings} title={title} selected={finding} select={select} openPerson={openPerson} />
      </Part>
      {Number(design.entered) > 0 ? (
        <>
          <Part title="How it ends">
            <Endings design={design} baseline={report.baseline} />
          </Part>
          {report.comparison ? (
            <Part title={`Compared with version ${simulation.baseline?.version ?? ""}`}>
              <Compared report={report} version={simulation.baseline?.version ?? 0} openPerson={openPerson} />
            </Part>
          ) : null}
          <Part title={selected ? `People who reached ${title(selected) ?? selected}` : "Some of the people"}>
            <People simulation={simulation} nodeId={selected} openPerson={openPerson} />
          </Part>
        </>
      ) : null}
      <Basis report={report} title={title} />
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.part} aria-label={title}>
      <h3 className={classes.title}>{title}</h3>
      {children}
    </section>
  );
}

interface NobodyProps {
  design: DesignReport;
  graph: Graph;
  show: (nodeId: string) => void;
  again: ((patch: Partial<Setup>) => void) | undefined;
}

function NobodyEntered({ design, graph, show, again }: NobodyProps) {
  const trigger = graph.nodes.find((node) => node.trigger);
  const why = design.findings.find(({ code }) => code === "ENTRY_NEVER")?.message;
  return (
    <Alert color="yellow" title="Nobody entered">
      {why ?? "Nobody matches the audience."}
      {design.refused.length > 0 ? ` ${refusedInWords(design)}.` : ""}
      <Group gap="xs" mt="xs">
        {trigger ? (
          <Button size="compact-sm" variant="white" onClick={() => show(trigger.id)}>
            Show the trigger
          </Button>
        ) : null}
        {again ? (
          <Button size="compact-sm" variant="white" onClick={() => again({ entry: "spread" })}>
            Simulate entry without it
          </Button>
        ) : null}
      </Group>
    </Alert>
  );
}

const refusedInWords = ({ refused }: DesignReport): string =>
  refused.map(({ reason, count }) => `${inFull(Number(count))} ${refusalInWords(reason)}`).join(", ");

function factsOf({ people, horizon }: Report, design: DesignReport): (readonly [string, string])[] {
  const [entered, goal, reEntered] = [design.entered, design.goalReached, design.reEntered].map(Number) as [
    number,
    number,
    number,
  ];
  const { offered = "0", perPersonP50 = "0", perPersonP99 = "0" } = design.shown ?? {};
  return [
    ["Entered", `${inFull(entered)} of ${inFull(people)} people (${shareOf(entered, people)}) in ${inWords(horizon)}`],
    ...(reEntered > 0 ? [["Re-entered", reEntered === 1 ? "1 time" : `${inFull(reEntered)} times`] as const] : []),
    ...(design.refused.length > 0 ? [["Not admitted", refusedInWords(design)] as const] : []),
    ...(goal > 0
      ? [
          [
            "Goal reached",
            `${inFull(goal)} (${shareOf(goal, entered + reEntered)}), median ` +
              (secondsOf(design.timeToGoal?.p50) < 1 ? "immediately" : `after ${inWords(design.timeToGoal?.p50)}`),
          ] as const,
        ]
      : []),
    ...(Number(offered) > 0
      ? [["Content per person", `median ${perPersonP50}, 99% at most ${perPersonP99}`] as const]
      : []),
  ];
}
