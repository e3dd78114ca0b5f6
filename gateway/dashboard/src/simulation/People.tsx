import { Button, Group } from "@mantine/core";
import type { ListSimulatedPeopleResponseJson } from "../contract/journeys/enrollment/v1/simulation_service_pb";
import { Failed, Loading } from "../ui/States";
import { usePages } from "../ui/usePages";
import { peoplePath, type Simulation } from "./calls";
import classes from "./People.module.css";
import { endingInWords } from "./words";

interface Props {
  simulation: Simulation;
  /** Shows only people who reached this node. */
  nodeId: string | undefined;
  openPerson: (index: number) => void;
}

/** Lists the people whose timelines were kept. */
export function People({ simulation: { journeyId, id }, nodeId, openPerson }: Props) {
  const pages = usePages<ListSimulatedPeopleResponseJson>(peoplePath(journeyId, id), { nodeId }, { pageSize: 10 });
  const { result, answer, toNext, toPrevious } = pages;
  if (result.error && !answer) return <Failed error={result.error} retry={() => void result.refetch()} />;
  if (!answer) return <Loading label="Loading the people" />;
  if (answer.people.length === 0)
    return <p className={classes.empty}>No timelines were kept for people who reached this node.</p>;
  return (
    <>
      <ul className={classes.list} aria-label="Simulated people">
        {answer.people.map(({ index, status, ending }) => (
          <li key={index}>
            <button type="button" className={classes.person} onClick={() => openPerson(index)}>
              <span>Person {index}</span>
              <span className={classes.ending}>{endingInWords(status || "NOT_ENTERED", ending)}</span>
            </button>
          </li>
        ))}
      </ul>
      {toNext || toPrevious ? (
        <Group gap={6}>
          <Button size="compact-xs" variant="default" disabled={!toPrevious} onClick={toPrevious}>
            Previous
          </Button>
          <Button size="compact-xs" variant="default" disabled={!toNext} onClick={toNext}>
            Next
          </Button>
        </Group>
      ) : null}
    </>
  );
}
