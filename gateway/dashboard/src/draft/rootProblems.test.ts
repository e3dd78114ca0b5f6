import { describe, expect, it } from "vitest";
import type { Graph, Node } from "../graph/graph";
import type { Problem } from "./calls";
import { rootsOf } from "./rootProblems";

const position = { x: 0, y: 0 };
const start: Node = { id: "start", name: "", position, trigger: { manual: {} } };
const end: Node = { id: "end", name: "", position, exit: { outcome: "done" } };
const steps: Node[] = ["a", "b", "c", "d", "e", "f"].map((id) => ({
  id,
  name: `Step ${id.toUpperCase()}`,
  position,
  content: { contentType: "ANNOUNCEMENT", contentId: id },
}));
const chain = [start, ...steps, end];
const graph = (nodes: readonly Node[], ...gaps: string[]): Graph => ({
  nodes,
  edges: nodes
    .slice(1)
    .map(({ id }, i) => ({ id: `${nodes[i]!.id}-next`, source: nodes[i]!.id, target: id, branch: "" }))
    .filter(({ source }) => !gaps.includes(source)),
});
const problem = (code: string, nodeId = ""): Problem => ({
  code,
  nodeId,
  edgeId: "",
  field: `graph.nodes[${nodeId}]`,
  message: `${code} of ${nodeId}.`,
});
const told = (problems: Problem[], of: Graph) => rootsOf(problems, of).map(({ where, words }) => `${where}: ${words}`);

describe("causes among problems", () => {
  it("are one gap, where everything before it finds no exit and nothing behind it is reached", () => {
    const problems = [
      problem("MISSING_EDGE", "c"),
      ...["d", "e", "f", "end"].map((id) => problem("UNREACHABLE_NODE", id)),
      ...["start", "a", "b", "c"].map((id) => problem("NO_EXIT_REACHABLE", id)),
    ];

    expect(told(problems, graph(chain, "c"))).toEqual(["Step C: Nothing follows this node yet."]);
  });

  it("are also a circle that only a node before a gap leads to", () => {
    const nodes = [start, ...steps.slice(0, 3), end];
    const edges = ["start a", "a b dismissed", "b c", "c b"].map((way) => {
      const [source, target, branch = ""] = way.split(" ") as [string, string, string?];
      return { id: way, source, target, branch };
    });
    const problems = [
      problem("MISSING_EDGE", "a"),
      problem("UNREACHABLE_NODE", "end"),
      ...["start", "a", "b", "c"].map((id) => problem("NO_EXIT_REACHABLE", id)),
    ];

    expect(told(problems, { nodes, edges })).toEqual([
      "Step A: The branch finished leads nowhere yet.",
      "Step B: No exit can be reached from here.",
    ]);
  });

  it("are where each loose part begins, and each open way, when there are several", () => {
    const problems = [
      problem("MISSING_EDGE", "a"),
      problem("MISSING_EDGE", "c"),
      ...["b", "c", "d", "e", "f", "end"].map((id) => problem("UNREACHABLE_NODE", id)),
      ...["start", "a", "b", "c"].map((id) => problem("NO_EXIT_REACHABLE", id)),
    ];

    expect(told(problems, graph(chain, "a", "c"))).toEqual([
      "Step A: Nothing follows this node yet.",
      "Step C: Nothing follows this node yet.",
      "Step B: Nothing leads here yet.",
      "Step D: Nothing leads here yet.",
    ]);
  });

  it("are a node that was just added, once, and not what is wrong because it is not connected", () => {
    const loose: Node = { id: "new", name: "Fresh", position, content: { contentId: "x", expireAfter: "60s" } };
    const problems = [
      problem("MISSING_EDGE", "new"),
      problem("MISSING_EDGE", "new"),
      problem("UNREACHABLE_NODE", "new"),
      problem("NO_EXIT_REACHABLE", "new"),
    ];
    const whole = graph(chain);

    expect(told(problems, { ...whole, nodes: [...whole.nodes, loose] })).toEqual(["Fresh: Nothing leads here yet."]);
  });

  it("name the open ways of a node together", () => {
    const both: Node = { ...steps[0]!, content: { contentId: "x", expireAfter: "60s" } };
    const problems = [problem("MISSING_EDGE", "a"), problem("MISSING_EDGE", "a")];

    const dismissed = { id: "d", source: "a", target: "end", branch: "dismissed" };

    expect(told(problems, { nodes: [start, both, end], edges: [] })).toEqual([
      "Step A: Nothing follows this node yet.",
    ]);
    expect(told(problems, { nodes: [start, both, end], edges: [dismissed] })).toEqual([
      "Step A: The branches finished and timeout lead nowhere yet.",
    ]);
  });

  it("say once that there is no exit at all", () => {
    const problems = ["start", "a", "b"].map((id) => problem("NO_EXIT_REACHABLE", id));
    const circle = graph([start, ...steps.slice(0, 2)]);

    expect(
      told(problems, { ...circle, edges: [...circle.edges, { id: "back", source: "b", target: "a", branch: "" }] }),
    ).toEqual(["Graph: Nodes must contain at least one exit."]);
  });

  it("say once that a circle never ends, where it begins", () => {
    const problems = ["b", "c"].map((id) => problem("NO_EXIT_REACHABLE", id));
    const nodes = [start, steps[0]!, steps[1]!, steps[2]!, end];
    const edge = (source: string, target: string) => ({ id: `${source}-${target}`, source, target, branch: "" });
    const edges = [edge("start", "a"), edge("a", "end"), edge("a", "b"), edge("b", "c"), edge("c", "b")];

    expect(told(problems, { nodes, edges })).toEqual(["Step B: No exit can be reached from here."]);
  });

  it("keep every other problem, and tell what is only not connected yet from what is wrong", () => {
    const problems = [problem("MISSING", "a"), problem("MISSING_EDGE", "b"), problem("NO_GOAL", "c")];

    expect(rootsOf(problems, graph(chain, "b")).map((root) => root.isUnfinished)).toEqual([false, true, false]);
  });
});
