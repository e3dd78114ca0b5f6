import type { Graph, Node } from "../graph/graph";
import { titleOf, waysOut } from "../graph/nodes";
import type { Problem } from "./calls";
import { problemWords } from "./problemWords";

/** A problem that is a cause, in words that name nodes as the canvas does. */
export interface RootProblem {
  problem: Problem;
  /** The node of the problem; absent for the graph and its settings. */
  node?: Node;
  /** The place of the problem, for a list. */
  where: string;
  words: string;
  /** Whether something is merely not connected yet, as in every unfinished draft. */
  isUnfinished: boolean;
}

const unfinished = new Set(["NO_TRIGGER", "NO_EXIT", "MISSING_EDGE", "UNREACHABLE_NODE", "NO_EXIT_REACHABLE"]);

/**
 * Returns the causes among the problems. The server reports all problems at once, so one way without an edge also makes
 * every node before it lack an exit, and every node behind it unreachable. Such consequences disappear with their cause
 * and are left out.
 */
export function rootsOf(problems: readonly Problem[], graph: Graph): RootProblem[] {
  const having = (code: string) => new Set(problems.filter((each) => each.code === code).map((each) => each.nodeId));
  const open = having("MISSING_EDGE");
  const unreachable = having("UNREACHABLE_NODE");
  const noExit = having("NO_EXIT_REACHABLE");
  const hasExit = graph.nodes.some((node) => node.exit);
  const next = arrows(graph, "source", "target");
  const loose = headsOf(next, unreachable);
  const beforeGap = from(open, arrows(graph, "target", "source"));
  // A cycle behind a gap is a cause of its own.
  const noExitHeads = headsOf(next, new Set([...noExit].filter((id) => !beforeGap.has(id))));
  // Connecting a single loose end with a single open way fixes both.
  const openAhead = [...open].filter((id) => !unreachable.has(id));
  const isOneGap = loose.size === 1 && openAhead.length === 1;

  const isCause = ({ code, nodeId }: Problem): boolean => {
    if (code === "UNREACHABLE_NODE") return loose.has(nodeId) && !isOneGap;
    // A node without incoming edges is not connected yet; its own open ways are part of the same problem.
    if (code === "MISSING_EDGE") return !loose.has(nodeId) || isOneGap;
    if (code === "NO_EXIT_REACHABLE") return hasExit && noExitHeads.has(nodeId);
    return true;
  };
  const seen = new Set<string>();
  const roots = problems
    .filter(isCause)
    // Reports several open ways of a node as one problem.
    .filter(({ code, nodeId }) => code !== "MISSING_EDGE" || (!seen.has(nodeId) && seen.add(nodeId)))
    .map((problem) => rootOf(problem, graph));
  return hasExit || noExit.size === 0 ? roots : [...roots, rootOf(withoutExit, graph)];
}

const withoutExit: Problem = {
  code: "NO_EXIT",
  field: "graph.nodes",
  message: "must contain at least one exit.",
  nodeId: "",
  edgeId: "",
};

function rootOf(problem: Problem, graph: Graph): RootProblem {
  const edge = graph.edges.find((each) => each.id === problem.edgeId);
  const node = graph.nodes.find((each) => each.id === (problem.nodeId || edge?.source));
  const where = !node
    ? problem.field === "graph" || problem.field.startsWith("graph.")
      ? "Graph"
      : "Enrollment rules"
    : problem.nodeId
      ? titleOf(node)
      : `Edge from ${titleOf(node)}`;
  return {
    problem,
    ...(node ? { node } : {}),
    where,
    words: wordsOf(problem, graph, node),
    isUnfinished: unfinished.has(problem.code),
  };
}

function wordsOf(problem: Problem, graph: Graph, node: Node | undefined): string {
  switch (node && problem.code) {
    case "MISSING_EDGE": {
      const open = waysOut(node!)
        .filter((way) => !way.optional)
        .filter(({ branch }) => !graph.edges.some((edge) => edge.source === node!.id && edge.branch === branch))
        .map(({ label }) => label);
      if (open.length === 0) return problemWords(problem);
      if (!graph.edges.some((edge) => edge.source === node!.id)) return "Nothing follows this node yet.";
      return open.length === 1
        ? `The branch ${open[0]} leads nowhere yet.`
        : `The branches ${inList(open)} lead nowhere yet.`;
    }
    case "UNREACHABLE_NODE":
      return "Nothing leads here yet.";
    case "NO_EXIT_REACHABLE":
      return "No exit can be reached from here.";
    case "ENDLESS_CYCLE":
      return "This is in a cycle in which no node makes people wait.";
    default:
      return problemWords(problem);
  }
}

const inList = (names: readonly string[]): string => `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/**
 * Returns where loose parts of the graph begin: nodes of the set to which no other node of it leads; for a cycle, its
 * first node.
 */
function headsOf(next: Next, among: ReadonlySet<string>): Set<string> {
  const led = new Set([...among].flatMap((id) => next.get(id) ?? []));
  const heads = new Set([...among].filter((id) => !led.has(id)));
  const reached = from(heads, next);
  for (const id of among) {
    if (reached.has(id)) continue;
    heads.add(id);
    for (const other of from([id], next)) reached.add(other);
  }
  return heads;
}

function from(starts: Iterable<string>, next: Next): Set<string> {
  const reached = new Set(starts);
  // A set iterates over elements that are added during the iteration.
  for (const id of reached) for (const target of next.get(id) ?? []) reached.add(target);
  return reached;
}

type Next = ReadonlyMap<string, readonly string[]>;

const arrows = (graph: Graph, end: "source" | "target", other: "source" | "target"): Next =>
  graph.edges.reduce(
    (all, edge) => all.set(edge[end], [...(all.get(edge[end]) ?? []), edge[other]]),
    new Map<string, string[]>(),
  );
