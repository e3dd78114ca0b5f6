import { Button, Popover, ScrollArea } from "@mantine/core";
import { CircleAlert, CircleCheck } from "lucide-react";
import { Link } from "react-router";
import type { Problem } from "../draft/calls";
import { problemWords } from "../draft/problemWords";
import type { Graph } from "../graph/graph";
import { titleOf } from "../graph/nodes";
import classes from "./Problems.module.css";

interface ProblemsProps {
  problems: readonly Problem[] | undefined;
  journeyId: string;
  graph: Graph;
  jump: (problem: Problem) => void;
  opened: boolean;
}

/** Everything that keeps the draft from being published; each leads to where it is. */
export function Problems({ problems, journeyId, graph, jump, opened }: ProblemsProps) {
  if (!problems) return null;
  if (problems.length === 0)
    return (
      <span className={classes.fine}>
        <CircleCheck size={15} aria-hidden />
        Ready to publish
      </span>
    );
  return (
    <Popover position="bottom-end" width={340} shadow="md" defaultOpened={opened}>
      <Popover.Target>
        <Button
          size="compact-md"
          variant="default"
          className={classes.button!}
          leftSection={<CircleAlert size={15} aria-hidden />}
        >
          {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <ScrollArea.Autosize mah={360} type="auto">
          <ul className={classes.list} aria-label="Problems">
            {problems.map((problem) => (
              <li key={problem.field + problem.code + problem.message}>
                {problem.nodeId || problem.edgeId ? (
                  <button type="button" className={classes.problem} onClick={() => jump(problem)}>
                    <Words problem={problem} graph={graph} />
                  </button>
                ) : (
                  <Link className={classes.problem} to={`/journeys/${journeyId}/enrollment`}>
                    <Words problem={problem} graph={graph} />
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

function Words({ problem, graph }: { problem: Problem; graph: Graph }) {
  const { nodeId, edgeId, field } = problem;
  const node = graph.nodes.find((each) => each.id === nodeId);
  const edge = graph.edges.find((each) => each.id === edgeId);
  const from = graph.nodes.find((each) => each.id === edge?.source);
  return (
    <>
      <span className={classes.where}>
        {node
          ? titleOf(node)
          : from
            ? `Edge from ${titleOf(from)}`
            : field === "graph" || field.startsWith("graph.")
              ? "Graph"
              : "Enrollment rules"}
      </span>
      {problemWords(problem)}
    </>
  );
}
