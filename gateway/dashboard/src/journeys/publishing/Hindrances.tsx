import { Alert, Button } from "@mantine/core";
import { Link } from "react-router";
import type { Problem } from "../../draft/calls";
import { useDraft } from "../../draft/draft";
import { rootsOf } from "../../draft/rootProblems";
import { readGraph } from "../../graph/graph";
import classes from "./Hindrances.module.css";

/** Shows what prevents publishing. */
export function Hindrances({ problems, close }: { problems: readonly Problem[]; close: () => void }) {
  const { journey, design } = useDraft();
  const roots = rootsOf(problems, readGraph(design.graph));
  return (
    <Alert color="red" title={hindrance(roots.length)}>
      <ul className={classes.problems}>
        {roots.slice(0, 6).map(({ problem, where, words }) => (
          <li key={problem.field + problem.code + problem.message}>
            {where}: {words}
          </li>
        ))}
        {roots.length > 6 ? <li>and {roots.length - 6} more</li> : null}
      </ul>
      <Button
        size="compact-sm"
        variant="white"
        component={Link}
        to={`/journeys/${journey.id}/build?problems`}
        onClick={close}
      >
        Show them in the builder
      </Button>
    </Alert>
  );
}

/** Returns the text for a number of problems; without a number until the list is loaded. */
function hindrance(count: number): string {
  if (count === 0) return "This draft cannot be published";
  return count === 1 ? "1 problem prevents publishing" : `${count} problems prevent publishing`;
}
