import { describe, expect, it } from "vitest";
import { readGraph } from "../graph/graph";
import { type Analytics, daysAgo, everyDay, funnel, order, passages, percent } from "./numbers";

const graph = readGraph({
  nodes: [
    { id: "end", exit: { outcome: "done" } },
    { id: "two", content: { contentId: "two" } },
    { id: "alone", wait: { duration: "1s" } },
    { id: "one", content: { contentId: "one" } },
    { id: "start", trigger: { manual: {} } },
  ],
  edges: [
    { id: "e1", source: "start", target: "one" },
    { id: "e2", source: "one", target: "two" },
    { id: "e3", source: "two", target: "end" },
    { id: "e4", source: "two", target: "one", branch: "skipped" },
  ],
});
const node = (version: number, nodeId: string, entered: number, hereNow: number, left: [string, number][]) => ({
  version,
  nodeId,
  entered,
  hereNow,
  left: left.map(([branch, count]) => ({ branch, count, targetNodeId: "" })),
  // As many are skipped as completed, whichever way they took.
  completed: entered - hereNow,
  shown: entered,
  notShown: hereNow,
  dismissed: 0,
  skipped: entered - hereNow,
});
const analytics = {
  totals: { journeyId: "", active: 2, completed: 6, stopped: 2, archived: 0 },
  nodes: [
    node(1, "one", 4, 1, [["", 3]]),
    node(2, "one", 6, 1, [
      ["", 4],
      ["skipped", 1],
    ]),
    node(2, "two", 5, 0, [["", 5]]),
  ],
} as unknown as Analytics;

describe("counts", () => {
  it("of several versions are added up, each way out for itself", () => {
    const one = passages(analytics.nodes).get("one")!;

    expect([one.entered, one.hereNow, one.shown, one.notShown]).toEqual([10, 2, 10, 2]);
    expect([...one.left]).toEqual([
      ["", 7],
      ["skipped", 1],
    ]);
  });

  it("of outcomes are apart from those of ways", () =>
    expect([...passages(analytics.nodes).get("two")!.reported]).toEqual([
      ["", 5],
      ["dismissed", 0],
      ["skipped", 5],
    ]));

  it("come in the order in which people can come by, circles and all", () =>
    expect(order(graph)).toEqual(["start", "one", "two", "end", "alone"]));

  it("make a funnel from everybody who entered to those who completed", () =>
    expect(
      funnel(analytics, graph, (id) => id.toUpperCase()).map(({ label, count, share }) => [label, count, share]),
    ).toEqual([
      ["Entered", 10, 1],
      ["ONE", 10, 1],
      ["TWO", 5, 0.5],
      ["Completed", 6, 0.6],
    ]));

  it("have no share where nobody entered", () =>
    expect(
      funnel(
        { ...analytics, totals: { ...analytics.totals!, active: 0, completed: 0, stopped: 0 }, nodes: [] },
        graph,
        String,
      ).every((step) => step.share === 0),
    ).toBe(true));
});

describe("days", () => {
  const now = Date.parse("2026-11-24T15:00:00Z");

  it("without anything are there too, until today", () => {
    const days = everyDay(
      [
        { date: "2026-11-16", entered: 3, completed: 1, goals: 0 },
        { date: "2026-11-18", entered: 1, completed: 0, goals: 0 },
      ],
      undefined,
      now,
    );

    expect(days.map((day) => day.entered)).toEqual([3, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(days.at(-1)!.date).toBe("2026-11-24");
  });

  it("are at least a week", () =>
    expect(everyDay([{ date: "2026-11-24", entered: 3, completed: 1, goals: 0 }], undefined, now)).toHaveLength(7));

  it("begin where they were asked to", () => {
    expect(daysAgo(30, now)).toBe("2026-10-26T00:00:00Z");
    expect(everyDay([], daysAgo(30, now), now)).toHaveLength(30);
  });

  it("are none where nothing ever happened", () => expect(everyDay([], undefined, now)).toEqual([]));
});

it.each([
  [0, "0%"],
  [0.004, "<1%"],
  [0.333, "33%"],
  [1, "100%"],
])("%s is %s", (share, words) => expect(percent(share)).toBe(words));
