import { describe, expect, it } from "vitest";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { guess } from "./guess";

const nobody = () => undefined;
const design = (...nodes: NodeJson[]): DesignJson => ({ graph: { nodes } });
const asking = (rule: RuleJson): DesignJson => design({ id: "c", condition: { branches: [{ name: "yes", rule }] } });
const traitsOf = (rule: RuleJson) => guess(asking(rule), nobody).traits;

describe("a made-up population", () => {
  it("has each value that a trait is compared with, and another", () => {
    const plan = (value: string): RuleJson => ({ condition: { field: "traits.plan", operator: "EQ", value } });

    expect(traitsOf({ group: { operator: "OR", rules: [plan("pro"), { not: { rule: plan("team") } }] } })).toEqual([
      {
        path: "plan",
        oneOf: { values: ["pro", "team", "other"].map((value) => ({ value, weight: 1 })) },
      },
    ]);
  });

  it.each([
    ["numbers on both sides", { operator: "GT", value: 5 }, { number: { from: "0", until: "10" } }],
    ["numbers below zero", { operator: "LT", value: -1.5 }, { number: { from: "-4", until: "1" } }],
    [
      "yes and no",
      { operator: "EQ", value: true },
      {
        oneOf: {
          values: [
            { value: true, weight: 1 },
            { value: false, weight: 1 },
          ],
        },
      },
    ],
    [
      "dates on both sides",
      { operator: "BEFORE", value: "2026-01-01" },
      { dateFromStart: { from: "-2592000s", until: "2592000s" } },
    ],
    ["it or nothing", { operator: "EXISTS" }, { constant: true, missingPerMille: 500 }],
    [
      "nothing that an expression could match",
      { operator: "REGEX", value: "^a" },
      { constant: true, missingPerMille: 500 },
    ],
  ] as const)("has %s where a rule compares so", (_, { ...condition }, made) =>
    expect(traitsOf({ condition: { field: "traits.x", ...condition } })).toEqual([{ path: "x", ...made }]),
  );

  it("has no path below another, which would be refused", () =>
    expect(
      traitsOf({
        group: {
          rules: ["traits.company.size", "traits.company"].map((field) => ({
            condition: { field, operator: "EXISTS" },
          })),
        },
      }).map(({ path }) => path),
    ).toEqual(["company"]));

  it("belongs to the audience, also to one that another names", () => {
    const rules: Record<string, RuleJson> = {
      outer: { audience: { audienceId: "inner" } },
      inner: { condition: { field: "role", operator: "IN", value: ["owner", "admin"] } },
    };

    expect(guess({ audienceId: "outer" }, (id) => rules[id]).roles.map(({ value }) => value)).toEqual([
      "owner",
      "admin",
      "other",
    ]);
  });

  it("has nothing that no rule asks for", () =>
    expect(guess(design(), nobody)).toEqual({ traits: [], roles: [], answers: [], activities: [] }));

  it("answers what is asked of a survey later", () => {
    const rule: RuleJson = { condition: { field: "journey.ask.nps", operator: "GTE", value: 9 } };
    const { answers } = guess(
      design({ id: "ask", content: {} }, { id: "c", condition: { branches: [{ name: "happy", rule }] } }),
      nobody,
    );

    expect(answers).toEqual([{ nodeId: "ask", data: [{ path: "nps", number: { from: "0", until: "18" } }] }]);
  });
});

describe("what people do", () => {
  it("lets everybody in, and moves some of them", () => {
    const { activities } = guess(
      design(
        { id: "in", trigger: { customEvent: { eventName: "signed_up" } } },
        { id: "seen", trigger: { urlMatch: { matchType: "CONTAINS", pattern: "/pricing" } } },
        {
          id: "hold",
          waitForEvent: {
            events: [
              {
                eventName: "paid",
                where: { condition: { field: "properties.amount", operator: "GT", value: 10 } },
              },
              { eventName: "signed_up" },
            ],
          },
        },
        { id: "goal", goalCheck: { rule: { event: { name: "invited" } } } },
      ),
      nobody,
    );

    expect(activities.map(({ eventName, percent, url }) => [eventName, percent, url])).toEqual([
      ["signed_up", 100, ""],
      ["page", 100, "/pricing"],
      ["paid", 50, ""],
      ["invited", 30, ""],
    ]);
    expect(activities[2]!.properties).toEqual([{ path: "amount", number: { from: "0", until: "20" } }]);
  });

  it("is no page of an expression, of which no address can be told", () =>
    expect(
      guess(design({ id: "in", trigger: { urlMatch: { matchType: "REGEX", pattern: "^/a" } } }), nobody).activities,
    ).toEqual([]));
});
