import { describe, expect, it } from "vitest";
import { difference, isNone, same } from "../graph/diff";
import {
  addNode,
  canConnect,
  changeNode,
  connect,
  freeId,
  type Graph,
  insertInto,
  lead,
  moveNodes,
  type Node,
  paste,
  readGraph,
  remove,
  renameNode,
  take,
} from "../graph/graph";
import { arrange, freePlace, nodeWidth, placed } from "../graph/layout";
import { begin, record, redo, undo } from "./history";

const at = { x: 0, y: 0 };
const node = (id: string, kind: object): Node => ({ id, name: "", position: at, ...kind });
const graph: Graph = {
  nodes: [
    node("start", { trigger: { manual: {} } }),
    node("tour", { content: { contentType: "FLOW", contentId: "tour", expireAfter: "60s" } }),
    node("plan", { condition: { branches: [{ name: "pro" }, { name: "team" }] } }),
    node("end", { exit: { outcome: "done" } }),
  ],
  edges: [
    { id: "e1", source: "start", target: "tour", branch: "" },
    { id: "e2", source: "tour", target: "plan", branch: "" },
    { id: "e3", source: "tour", target: "end", branch: "timeout" },
    { id: "e4", source: "plan", target: "end", branch: "pro" },
    { id: "e5", source: "plan", target: "end", branch: "team" },
    { id: "e6", source: "plan", target: "end", branch: "else" },
  ],
};
const find = (in_: Graph, id: string) => in_.nodes.find((each) => each.id === id)!;
const branches = (in_: Graph, source: string) =>
  in_.edges.filter((edge) => edge.source === source).map((edge) => edge.branch);

describe("edits of a graph", () => {
  it("find ids that are free", () => {
    expect(freeId("wait", ["wait", "wait-2"])).toBe("wait-3");
    expect(addNode(graph, node("", { exit: {} }), "end").id).toBe("end-2");
  });

  it("give each way out one edge", () => {
    const next = connect(graph, "tour", "end", "");
    expect(next.edges.filter((edge) => edge.source === "tour" && edge.branch === "")).toMatchObject([
      { target: "end" },
    ]);
    expect(next.edges).toHaveLength(graph.edges.length);
  });

  it("lead nothing into a trigger, and nothing out of a way that is not there", () => {
    expect(canConnect(graph, "plan", "start", "else")).toBe(false);
    expect(canConnect(graph, "end", "tour", "")).toBe(false);
    expect(connect(graph, "plan", "end", "free")).toBe(graph);
  });

  it("keep the edge of a branch that is renamed, and drop that of one that is gone", () => {
    const plan = find(graph, "plan");
    const renamed = changeNode(graph, { ...plan, condition: { branches: [{ name: "premium" }, { name: "team" }] } });
    expect(branches(renamed, "plan")).toEqual(["premium", "team", "else"]);
    const fewer = changeNode(graph, { ...plan, condition: { branches: [{ name: "team" }] } });
    expect(branches(fewer, "plan")).toEqual(["team", "else"]);
    const forever = changeNode(graph, { ...find(graph, "tour"), content: { contentType: "FLOW", contentId: "tour" } });
    expect(branches(forever, "tour")).toEqual([""]);
  });

  it("lead a way out nowhere", () => {
    expect(branches(lead(graph, "tour", "timeout", ""), "tour")).toEqual([""]);
    expect(lead(graph, "tour", "dismissed", "end").edges.at(-1)).toMatchObject({
      source: "tour",
      branch: "dismissed",
      target: "end",
    });
  });

  it("rename a node in its edges too", () => {
    const next = renameNode(graph, "tour", "welcome");
    expect(next.edges.map((edge) => [edge.source, edge.target])).toContainEqual(["start", "welcome"]);
    expect(branches(next, "welcome")).toEqual(["", "timeout"]);
  });

  it("take a node's edges out with it", () => {
    const next = remove(graph, new Set(["plan"]), new Set(["e1"]));
    expect(next.edges.map((edge) => edge.id)).toEqual(["e3"]);
  });

  it("put a node into an edge", () => {
    const added = addNode(graph, node("", { wait: { duration: "60s" } }), "rest");
    const next = insertInto(added.graph, "e2", added.id);
    expect(next.edges.find((edge) => edge.source === "tour" && edge.branch === "")!.target).toBe("rest");
    expect(next.edges.find((edge) => edge.source === "rest")!.target).toBe("plan");
  });

  it("copy nodes with the edges among them", () => {
    const { graph: next, ids } = paste(graph, take(graph, new Set(["tour", "plan"])), { x: 40, y: 40 });
    expect([...ids]).toEqual(["tour-2", "plan-2"]);
    expect(next.edges.slice(graph.edges.length)).toMatchObject([{ source: "tour-2", target: "plan-2", branch: "" }]);
    expect(find(next, "tour-2").position).toEqual({ x: 40, y: 40 });
    expect(new Set(next.edges.map((edge) => edge.id)).size).toBe(next.edges.length);
  });

  it("that move nothing change nothing", () =>
    expect(moveNodes(graph, new Map([["start", { x: 0, y: 0 }]]))).toBe(graph));
});

describe("undo", () => {
  it("goes back and forth", () => {
    let history = begin("a");
    history = record(history, "b", "", 0);
    history = record(history, "c", "", 1);
    history = undo(undo(history));
    expect(history.present).toBe("a");
    expect(undo(history)).toBe(history);
    history = redo(history);
    expect(history.present).toBe("b");
    expect(redo(record(history, "d", "", 2)).present).toBe("d");
  });

  it("takes what was typed in one go as one change", () => {
    let history = record(begin("a"), "ab", "name", 0);
    history = record(history, "abc", "name", 500);
    expect(undo(history).present).toBe("a");
    history = record(history, "abcd", "name", 5_000);
    expect(undo(history).present).toBe("abc");
  });

  it("does not count what changed nothing", () => {
    const history = begin(graph);
    expect(record(history, graph, "", 0)).toBe(history);
  });
});

describe("the arrangement", () => {
  it("leads from left to right without overlap", () => {
    const next = arrange(graph);
    for (const edge of next.edges)
      expect(find(next, edge.target).position.x).toBeGreaterThanOrEqual(find(next, edge.source).position.x + nodeWidth);
  });

  it("finds room for one more below what is in the way", () => {
    const pile: Graph = {
      nodes: [node("a", { exit: {} }), { ...node("b", { wait: {} }), position: { x: 40, y: 80 } }],
      edges: [],
    };
    const place = freePlace(pile, { x: 16, y: 5 }, 62);
    expect(place.x).toBe(16);
    expect(place.y).toBeGreaterThanOrEqual(80 + 62);
    expect(freePlace(pile, { x: 900, y: 5 }, 62)).toEqual({ x: 904, y: 8 });
  });

  it("keeps a loop readable, and stays as it is", () => {
    const loop = connect(graph, "plan", "tour", "else");
    const next = arrange(loop);
    expect(new Set(next.nodes.map((each) => `${each.position.x} ${each.position.y}`)).size).toBe(next.nodes.length);
    expect(arrange(next)).toBe(next);
  });

  it("is given to a pile that a program made, and to nothing that somebody placed", () => {
    const pile = { ...graph, nodes: graph.nodes.map((each) => ({ ...each, position: { x: 0, y: 0 } })) };
    expect(placed(pile)).toEqual(arrange(pile));
    expect(placed(arrange(graph))).toEqual(arrange(graph));
    expect(placed({ nodes: [pile.nodes[0]!], edges: [] }).nodes[0]!.position).toEqual({ x: 0, y: 0 });
  });
});

describe("the difference that publishing makes", () => {
  const before = { name: "One", graph: { nodes: [...graph.nodes], edges: [...graph.edges] } };

  it("is none when only places and defaults differ", () => {
    const moved = moveNodes(graph, new Map([["tour", { x: 9, y: 9 }]]));
    const after = {
      name: "One",
      description: "",
      autoEnroll: false,
      reEnrollment: "NEVER" as const,
      graph: { nodes: [...moved.nodes], edges: [...moved.edges].reverse() },
    };
    expect(isNone(difference(before, after))).toBe(true);
  });

  it("names nodes that were added, removed, changed or lead elsewhere, and settings", () => {
    let next = remove(graph, new Set(["end"]), new Set());
    next = addNode(next, node("", { exit: { outcome: "won" } }), "won").graph;
    next = changeNode(next, { ...find(next, "tour"), name: "Welcome" });
    const result = difference(before, {
      name: "Two",
      goal: { rule: { event: { name: "paid" } } },
      graph: { nodes: [...next.nodes], edges: [...next.edges] },
    });
    expect(result.added.map((each) => each.id)).toEqual(["won"]);
    expect(result.removed.map((each) => each.id)).toEqual(["end"]);
    expect(result.changed.map((each) => each.id)).toEqual(["tour"]);
    expect(result.rerouted.map((each) => each.id)).toEqual(["tour", "plan"]);
    expect(result.settings).toEqual(["name", "goal"]);
  });

  it("sees values that only look like defaults inside of lists", () =>
    expect(same({ value: [0, 1] }, { value: [1] })).toBe(false));
});

describe("what the API gave", () => {
  it("is filled in", () =>
    expect(readGraph({ nodes: [{ id: "a", exit: {} }], edges: [{ id: "e", source: "a", target: "b" }] })).toEqual({
      nodes: [node("a", { exit: {} })],
      edges: [{ id: "e", source: "a", target: "b", branch: "" }],
    }));
});
