import { describe, expect, it } from "vitest";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { guess } from "./guess";
import { defaultSetup, setupOf, toRequest } from "./setup";

const design: DesignJson = { graph: { nodes: [{ id: "in", trigger: { customEvent: { eventName: "signed_up" } } }] } };
const guessed = guess(design, () => undefined);
const usual = defaultSetup(design, guessed, 3);

describe("a simulation by default", () => {
  it("has its people come in as the design says, and is compared with the live version", () => {
    expect([usual.people, usual.horizon, usual.entry, usual.compare]).toEqual([10_000, "2592000s", "design", true]);
    expect(defaultSetup(design, guessed, 0).compare).toBe(false);
  });

  it.each([
    [{ manual: {} }, "spread"],
    [{ elementClick: { selector: "a" } }, "spread"],
    [{ urlMatch: { matchType: "REGEX", pattern: "." } }, "spread"],
    [{ urlMatch: { matchType: "EXACT", pattern: "/" } }, "design"],
  ] as const)("lets people in past a trigger that they cannot set off: %j", (trigger, entry) => {
    const other: DesignJson = { graph: { nodes: [{ id: "in", trigger: { ...trigger } }] } };

    expect(
      defaultSetup(
        other,
        guess(other, () => undefined),
        0,
      ).entry,
    ).toBe(entry);
  });
});

describe("a request", () => {
  it("says what was chosen, and is read as it was said", () => {
    const setup = {
      ...usual,
      people: 500,
      horizon: "86400s",
      start: "2026-03-02T00:00:00Z",
      seed: "7",
      entry: "spread" as const,
      activities: [{ ...usual.activities[0]!, percent: 12.5, everyDays: 2 }],
    };
    const request = toRequest(setup, guessed);

    expect(request.behavior?.activities).toEqual([
      { eventName: "signed_up", url: "", properties: [], perMilleOfPeople: 125, every: "172800s" },
    ]);
    // Not longer than the whole simulation.
    expect(request.entry).toEqual({ spread: { span: "86400s" } });
    expect(setupOf(request, usual, true)).toEqual(setup);
  });

  it("leaves out what nobody does, because none in a thousand would mean everybody", () => {
    const request = toRequest({ ...usual, activities: [{ ...usual.activities[0]!, percent: 0 }] }, guessed);

    expect(request.behavior?.activities).toEqual([]);
    expect(setupOf(request, usual, true).activities[0]!.percent).toBe(0);
  });

  it("begins now and by the triggers where nothing else was chosen", () => {
    expect(toRequest(usual, guessed)).not.toHaveProperty("startTime");
    expect(toRequest(usual, guessed)).not.toHaveProperty("entry");
  });
});
