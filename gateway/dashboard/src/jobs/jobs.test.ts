import { describe, expect, it } from "vitest";
import { addSample, paceOf, percentOf, type Sample } from "./progress";
import { kindInWords } from "./words";

describe("the pace of a job", () => {
  const seen = (...samples: [number, number][]) =>
    samples.reduce<readonly Sample[]>((all, [at, done]) => addSample(all, { at, done }), []);

  it("is not said before it was seen twice", () => expect(paceOf(seen([0, 100]), 1_000)).toBeUndefined());

  it("is people a second, and how long the rest takes at that", () =>
    expect(paceOf(seen([0, 0], [2_000, 500]), 1_500)).toEqual({ perSecond: 250, left: 4 }));

  it("says no time left where nothing moves or nobody counted", () => {
    expect(paceOf(seen([0, 10], [2_000, 10]), 1_500)).toEqual({ perSecond: 0, left: undefined });
    expect(paceOf(seen([0, 0], [2_000, 10]), 0)?.left).toBeUndefined();
  });

  it("is that of the last twenty seconds", () =>
    expect(paceOf(seen([0, 0], [10_000, 10_000], [30_000, 10_000], [40_000, 10_000]), 0)?.perSecond).toBe(0));

  it("begins again when the job does", () =>
    expect(paceOf(seen([0, 500], [1_000, 0], [2_000, 10]), 0)?.perSecond).toBe(10));
});

describe("how far a job is", () => {
  it.each([
    [{ status: "RUNNING", done: 0, total: 0 }, undefined],
    [{ status: "RUNNING", done: 333, total: 1_000 }, 33],
    [{ status: "RUNNING", done: 1_200, total: 1_000 }, 99],
    [{ status: "COMPLETED", done: 900, total: 1_000 }, 100],
    [{ status: "CANCELLED", done: 100, total: 1_000 }, 10],
  ])("%j is at %s", (job, percent) => expect(percentOf(job)).toBe(percent));
});

it.each([
  ["RELEASE", "Apply what was held during a pause"],
  ["NEW_KIND", "New kind"],
])("%s is told as %s", (kind, words) => expect(kindInWords(kind)).toBe(words));
