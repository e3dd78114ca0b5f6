import { describe, expect, it } from "vitest";
import { fieldsOf } from "./known";
import { adaptValue, comparisonOf, comparisonsFor, typeOfValue } from "./operators";
import { asksAboutJourney, blank, completeField, fromTopGroup, isComplete, partOf, ruleOf, topGroup } from "./shapes";
import { ruleInWords } from "./words";

const plan = { condition: { field: "traits.plan", operator: "EQ", value: "pro" } } as const;
const paid = { event: { name: "paid", atLeast: 1 } };

describe("a rule's shape", () => {
  it("has no more negations than it needs", () => {
    expect(partOf({ not: { rule: { not: { rule: plan } } } })).toEqual({ negated: false, rule: plan });
    expect(ruleOf(partOf({ not: { rule: plan } }))).toEqual({ not: { rule: plan } });
  });

  it("gets a group around it to be edited, and loses it again when it is alone", () => {
    expect(topGroup(undefined)).toEqual({ operator: "AND", rules: [] });
    expect(fromTopGroup(topGroup(plan))).toBe(plan);
    expect(fromTopGroup({ operator: "AND", rules: [] })).toBeUndefined();
    expect(fromTopGroup({ operator: "OR", rules: [plan] })).toEqual({ group: { operator: "OR", rules: [plan] } });
    const group = { group: { operator: "OR" as const, rules: [plan, paid] } };
    expect(fromTopGroup(topGroup(group))).toEqual(group);
  });

  it.each(["group", "condition", "event", "content", "audience"] as const)("of a new %s is not complete", (kind) =>
    expect(isComplete(blank(kind, "person"))).toBe(false),
  );

  it("is complete when every part of it is", () => {
    expect(isComplete({ group: { operator: "AND", rules: [plan, { not: { rule: paid } }] } })).toBe(true);
    expect(isComplete({ group: { operator: "AND", rules: [plan, blank("condition", "person")] } })).toBe(false);
    expect(isComplete({ condition: { field: "traits.plan", operator: "EXISTS" } })).toBe(true);
    expect(isComplete({ condition: { field: "traits.paid", operator: "EQ", value: false } })).toBe(true);
    expect(isComplete({ condition: { field: "traits.plan", operator: "IN", value: [] } })).toBe(false);
    expect(isComplete({ event: { name: "paid", where: blank("condition", "event") } })).toBe(false);
  });

  it("tells whether it asks about the journey", () => {
    const survey = { condition: { field: "journey.ask.rating", operator: "GT", value: 8 } } as const;
    expect(asksAboutJourney({ group: { operator: "AND", rules: [plan, { not: { rule: survey } }] } })).toBe(true);
    expect(asksAboutJourney(plan)).toBe(false);
  });
});

describe("fields", () => {
  it.each([
    ["plan", "person", "traits.plan"],
    ["traits.plan", "person", "traits.plan"],
    ["kind", "event", "properties.kind"],
    ["userId", "person", "userId"],
    ["device.os", "person", "device.os"],
    ["journey.ask.rating", "journey", "journey.ask.rating"],
    ["entry.orderId", "journey", "entry.orderId"],
    ["entry.orderId", "event", "entry.orderId"],
  ] as const)("%s in the scope of a %s means %s", (text, scope, field) =>
    expect(completeField(text, scope)).toBe(field),
  );

  it.each([
    [5, "number"],
    [true, "boolean"],
    [["a"], "list"],
    ["2026-01-01", "date"],
    ["2026-01-01T09:00:00Z", "date"],
    ["pro", "text"],
  ] as const)("with the value %j are of the type %s", (value, type) => expect(typeOfValue(value)).toBe(type));
});

describe("what is known of people", () => {
  it("gives each field the type that all of them agree on", () => {
    const known = fieldsOf([
      { traits: { plan: "pro", seats: 3, tags: ["a"] }, context: { location: { country: "DE" } } },
      { traits: { plan: "free", seats: "many", gone: null } },
    ]);
    expect(Object.fromEntries(known)).toMatchObject({
      userId: "text",
      "traits.plan": "text",
      "traits.seats": "any",
      "traits.tags": "list",
      "location.country": "text",
    });
    expect(known.has("traits.gone")).toBe(false);
  });
});

describe("comparisons", () => {
  it("fit the type of the field", () => {
    expect(comparisonsFor("number").map((each) => each.operator)).toEqual([
      "EQ",
      "NEQ",
      "GT",
      "GTE",
      "LT",
      "LTE",
      "EXISTS",
      "NOT_EXISTS",
    ]);
    expect(new Set(comparisonsFor("any").map((each) => each.operator)).size).toBe(19);
  });

  it("are told apart by their value", () => {
    expect(comparisonOf("EQ", 5).id).toBe("EQ:number");
    expect(comparisonOf("EQ", "5").id).toBe("EQ:text");
    expect(comparisonOf("EQ", false).id).toBe("EQ:boolean");
    expect(comparisonOf("IN", ["a"]).id).toBe("IN:texts");
  });

  it("keep the value where it fits", () => {
    expect(adaptValue("12", "number")).toBe(12);
    expect(adaptValue("pro", "number")).toBeNull();
    expect(comparisonOf("EQ", null).id).toBe("EQ:number");
    expect(adaptValue("pro", "texts")).toEqual(["pro"]);
    expect(adaptValue(["pro", "free"], "text")).toBe("pro");
    expect(adaptValue("pro", "none")).toBeUndefined();
    expect(adaptValue(12, "duration")).toBe("604800s");
  });
});

describe("a rule in words", () => {
  it.each([
    [plan, 'plan is "pro"'],
    [{ not: { rule: plan } }, 'not plan is "pro"'],
    [{ condition: { field: "traits.tags", operator: "IN", value: ["a", "b"] } }, 'tags is one of "a", "b"'],
    [
      { condition: { field: "traits.seen", operator: "WITHIN_LAST", value: "604800s" } },
      "seen is within the last 1 week",
    ],
    [{ event: { name: "paid", atLeast: 2, within: "86400s" } }, "did paid at least 2 times within 1 day"],
    [{ not: { rule: paid } }, "did not do paid"],
    [{ content: { contentId: "tour", outcome: "SKIPPED" } }, "skipped tour"],
    [{ audience: { audienceId: "1" } }, "is in Trial users"],
    [
      { group: { operator: "AND", rules: [plan, { group: { operator: "OR", rules: [paid, plan] } }] } },
      'plan is "pro" and (did paid or plan is "pro")',
    ],
  ] as const)("%j", (rule, words) => expect(ruleInWords(rule as never, () => "Trial users")).toBe(words));
});
