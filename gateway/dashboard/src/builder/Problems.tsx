import { Button, Popover, ScrollArea } from "@mantine/core";
import { CircleAlert, CircleCheck, Unplug } from "lucide-react";
import { Link } from "react-router";
import type { RootProblem } from "../draft/rootProblems";
import classes from "./Problems.module.css";

interface ProblemsProps {
  roots: readonly RootProblem[] | undefined;
  journeyId: string;
  jump: (root: RootProblem) => void;
  opened: boolean;
}

/** Lists the problems that prevent publishing. Each links to its place. */
export function Problems({ roots, journeyId, jump, opened }: ProblemsProps) {
  if (!roots) return null;
  if (roots.length === 0)
    return (
      <span className={classes.fine}>
        <CircleCheck size={15} aria-hidden />
        Ready to publish
      </span>
    );
  const faults = roots.filter((root) => !root.isUnfinished).length;
  return (
    <Popover position="bottom-end" width={340} shadow="md" defaultOpened={opened}>
      <Popover.Target>
        <Button
          size="compact-md"
          variant="default"
          className={classes.button!}
          data-faulty={faults > 0 || undefined}
          leftSection={faults > 0 ? <CircleAlert size={15} aria-hidden /> : <Unplug size={15} aria-hidden />}
        >
          {faults > 0 ? (faults === 1 ? "1 problem" : `${faults} problems`) : null}
          {faults > 0 && roots.length > faults ? ", " : null}
          {roots.length > faults ? `${roots.length - faults} not connected yet` : null}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <ScrollArea.Autosize mah={360} type="auto">
          <ul className={classes.list} aria-label="Problems">
            {roots.map((root) => (
              <li key={root.problem.field + root.problem.code + root.problem.message}>
                {root.node ? (
                  <button type="button" className={classes.problem} onClick={() => jump(root)}>
                    <Words root={root} />
                  </button>
                ) : root.where === "Graph" ? (
                  <span className={classes.problem}>
                    <Words root={root} />
                  </span>
                ) : (
                  <Link className={classes.problem} to={`/journeys/${journeyId}/enrollment`}>
                    <Words root={root} />
                  </Link>
                )}
              </li>
            ))}
          </ul>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}

const Words = ({ root: { where, words } }: { root: RootProblem }) => (
  <>
    <span className={classes.where}>{where}</span>
    {words}
  </>
);
