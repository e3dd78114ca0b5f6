import { describe, expect, it } from "vitest";
import type { DesignReport } from "./calls";
import { dotsOf, edgeKey, momentInWords, momentOf, timesOf } from "./moments";

const way = (branch: string, target: string, ...hours: [number, number][]) => ({
  branch,
  target,
  count: String(hours.reduce((all, [, count]) => all + count, 0)),
  hours: hours.map(([hour, count]) => ({ hour, count: String(count) })),
});
const node = (nodeId: string, arrived: number, hereAtEnd: number, ...left: ReturnType<typeof way>[]) => ({
  nodeId,
  arrived: String(arrived),
  hereAtEnd: String(hereAtEnd),
  left,
});
const report = (...nodes: ReturnType<typeof node>[]) => ({ nodes }) as unknown as DesignReport;

const walked = timesOf(
  report(
    node("in", 10, 0, way("", "wait", [0, 6], [5, 4])),
    node("wait", 10, 3, way("", "out", [4, 2], [30, 5])),
    node("out", 7, 0),
  ),
);

describe("a moment", () => {
  it.each([
    [0, [0, 0], [0, 0], 0],
    [1, [6, 0], [6, 6], 0],
    // An event of the fifth hour counts after that hour.
    [4, [6, 0], [6, 6], 0],
    [5, [6, 0], [6, 4], 2],
    [6, [10, 0], [10, 8], 2],
    [31, [10, 0], [10, 3], 7],
    [undefined, [10, 0], [10, 3], 7],
  ] as const)("after %s hours has who came until then, and who is there", (hours, start, wait, out) => {
    const moment = momentOf(walked, hours);
    const at = (id: string) => [moment.get(id)!.arrived, moment.get(id)!.here];

    expect(at("in")).toEqual(start);
    expect(at("wait")).toEqual(wait);
    expect(moment.get("out")!.arrived).toBe(out);
    expect(moment.get("wait")!.left.get("")).toBe(out);
  });

  it("does not say who is there before the end where somebody left by no edge", () => {
    const times = timesOf(report(node("in", 5, 0, way("", "stay", [0, 5])), node("stay", 5, 2)));

    expect(momentOf(times, 1).get("stay")).toMatchObject({ arrived: 5, here: undefined });
    expect(momentOf(times, undefined).get("stay")).toMatchObject({ arrived: 5, here: 2 });
  });
});

describe("dots", () => {
  it("run where people go in those hours, more where more go", () => {
    expect([...dotsOf(walked, 0, 6)]).toEqual([
      [edgeKey("in", ""), 4],
      [edgeKey("wait", ""), 2],
    ]);
    expect([...dotsOf(walked, 6, 30)]).toEqual([]);
  });
});

describe("the time", () => {
  it.each([
    [0, "Day 1, 00:00"],
    [25, "Day 2, 01:00"],
    [48, "At the end"],
  ])("after %i of 48 hours reads %s", (hours, words) => expect(momentInWords(hours, 48)).toBe(words));
});
