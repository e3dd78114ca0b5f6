import type { JsonValue } from "@bufbuild/protobuf";
import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { Behavior_ContentJson, DataGeneratorJson } from "../contract/journeys/simulation/v1/behavior_pb";
import type { Population_WeightedTextJson } from "../contract/journeys/simulation/v1/simulation_pb";

/**
 * The data that invented people need so that the journey's decisions vary: traits that its rules compare, and events
 * that move people.
 */
export interface Guess {
  traits: readonly DataGeneratorJson[];
  roles: readonly Population_WeightedTextJson[];
  answers: readonly Behavior_ContentJson[];
  activities: readonly Activity[];
}

/** An event that people do repeatedly by themselves. */
export interface Activity {
  eventName: string;
  url: string;
  properties: readonly DataGeneratorJson[];
  /** The share of all people, 0 to 100. */
  percent: number;
  /** The average interval in days. */
  everyDays: number;
}

export type AudienceRule = (audienceId: string) => RuleJson | undefined;

const perCall = 100;
const month = 30 * 86_400;
// Enough to distinguish people. The service accepts at most 1,000.
const mostValues = 50;

export function guess(design: DesignJson, audienceRule: AudienceRule): Guess {
  const asked = rulesOf(design, audienceRule).flatMap(([rule, eventName]) =>
    questionsOf(rule, eventName, audienceRule),
  );
  const nodes = design.graph?.nodes ?? [];
  const dates = nodes.flatMap(({ wait }): DataGeneratorJson[] =>
    wait?.traitDate?.trait ? [{ path: wait.traitDate.trait, dateFromStart: { from: "0s", until: `${month}s` } }] : [],
  );
  const isContent = new Set(nodes.filter((node) => node.content).map((node) => node.id));
  const roles = [...new Set(asked.filter(({ field }) => field === "role").flatMap(valuesOf))].filter(
    (value): value is string => typeof value === "string" && value !== "",
  );
  return {
    traits: outermost([...dates, ...generators(asked, /^traits\.(.+)$/)]),
    roles: (roles.length > 0 ? [...roles, "other"] : []).map((value) => ({ value, weight: 1 })),
    answers: [...isContent].flatMap((nodeId = "") => {
      const data = generators(asked, new RegExp(`^journey\\.${nodeId}\\.(?!outcome$)(.+)$`));
      return data.length > 0 ? [{ nodeId, data: outermost(data) }] : [];
    }),
    activities: activitiesOf(design, asked).slice(0, perCall),
  };
}

/** A field that a rule compares, or an event that it counts. */
interface Question {
  field: string;
  operator: string;
  value: JsonValue | undefined;
  eventName: string;
}

function rulesOf(design: DesignJson, audienceRule: AudienceRule): [RuleJson | undefined, string][] {
  const nodes = design.graph?.nodes ?? [];
  return [
    ...nodes.flatMap(({ trigger, waitForEvent, condition, goalCheck }): [RuleJson | undefined, string][] => [
      [trigger?.customEvent?.where, trigger?.customEvent?.eventName ?? ""],
      ...(waitForEvent?.events ?? []).map(({ eventName = "", where }): [RuleJson | undefined, string] => [
        where,
        eventName,
      ]),
      ...(condition?.branches ?? []).map(({ rule }): [RuleJson | undefined, string] => [rule, ""]),
      [goalCheck?.rule, ""],
    ]),
    ...(design.exits ?? []).map(({ rule, event }): [RuleJson | undefined, string] => [
      rule ?? event?.where,
      event?.eventName ?? "",
    ]),
    [design.goal?.rule, ""],
    [design.audienceId ? audienceRule(design.audienceId) : undefined, ""],
  ];
}

function questionsOf(rule: RuleJson | undefined, eventName: string, audienceRule: AudienceRule): Question[] {
  if (!rule) return [];
  if (rule.group) return (rule.group.rules ?? []).flatMap((part) => questionsOf(part, eventName, audienceRule));
  if (rule.not) return questionsOf(rule.not.rule, eventName, audienceRule);
  if (rule.audience) return questionsOf(audienceRule(rule.audience.audienceId ?? ""), eventName, audienceRule);
  if (rule.event) {
    const { name = "", where } = rule.event;
    return [{ field: "", operator: "", value: undefined, eventName: name }, ...questionsOf(where, name, audienceRule)];
  }
  const { field = "", operator = "", value } = rule.condition ?? {};
  return field ? [{ field, operator, value, eventName }] : [];
}

function activitiesOf(design: DesignJson, asked: readonly Question[]): Activity[] {
  const found = new Map<string, Activity>();
  const add = (eventName: string, percent: number, url = "") => {
    const known = found.get(eventName);
    if (!eventName || (known && known.percent >= percent)) return;
    const properties = generators(
      asked.filter((each) => each.eventName === eventName),
      /^properties\.(.+)$/,
    );
    found.set(eventName, { eventName, url, properties: outermost(properties), percent, everyDays: 7 });
  };
  for (const { trigger, waitForEvent } of design.graph?.nodes ?? []) {
    // Everybody does the events of triggers, half the people do awaited events, and few do the events of exit rules.
    if (trigger?.urlMatch?.pattern && trigger.urlMatch.matchType !== "REGEX")
      add("page", 100, trigger.urlMatch.pattern);
    add(trigger?.customEvent?.eventName ?? "", 100);
    for (const { eventName = "" } of waitForEvent?.events ?? []) add(eventName, 50);
  }
  for (const { event } of design.exits ?? []) add(event?.eventName ?? "", 10);
  for (const { field, eventName } of asked) if (field === "") add(eventName, 30);
  return [...found.values()];
}

/** Returns a generator for each field that the expression matches; its first group is the path. */
function generators(asked: readonly Question[], having: RegExp): DataGeneratorJson[] {
  const byPath = new Map<string, Question[]>();
  for (const question of asked) {
    const path = having.exec(question.field)?.[1];
    if (path) byPath.set(path, [...(byPath.get(path) ?? []), question]);
  }
  return [...byPath].map(([path, questions]) => generator(path, questions));
}

function generator(path: string, questions: readonly Question[]): DataGeneratorJson {
  const operators = new Set(questions.map(({ operator }) => operator));
  if (["BEFORE", "AFTER", "WITHIN_LAST", "NOT_WITHIN_LAST"].some((each) => operators.has(each)))
    return { path, dateFromStart: { from: `-${month}s`, until: `${month}s` } };

  const values = [...new Set(questions.flatMap(valuesOf))];
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length > 0 && ["GT", "LT", "GTE", "LTE"].some((each) => operators.has(each)))
    return {
      path,
      // As often below the greatest value as above it.
      number: {
        from: String(Math.min(0, ...numbers.map((value) => Math.floor(value) * 2))),
        until: String(Math.max(1, ...numbers.map((value) => Math.ceil(value) * 2))),
      },
    };

  // Known for half of the people, because the rules only ask whether it exists.
  if (values.length === 0) return { path, constant: true, missingPerMille: 500 };
  const other = typeof values[0] === "boolean" ? !values[0] : numbers.length > 0 ? Math.max(...numbers) + 1 : "other";
  return {
    path,
    oneOf: { values: [...new Set([...values.slice(0, mostValues), other])].map((value) => ({ value, weight: 1 })) },
  };
}

// Values that a regular expression matches cannot be derived from it.
function valuesOf({ operator, value }: Question): (string | number | boolean)[] {
  if (operator === "REGEX") return [];
  return (Array.isArray(value) ? value : [value]).filter(
    (each) => typeof each === "string" || typeof each === "number" || typeof each === "boolean",
  );
}

/** Returns each path once, and none below another. */
function outermost(all: readonly DataGeneratorJson[]): DataGeneratorJson[] {
  const kept = new Map<string, DataGeneratorJson>();
  for (const each of all.toSorted((a, b) => (a.path ?? "").length - (b.path ?? "").length)) {
    const { path = "" } = each;
    if (![...kept.keys()].some((above) => path === above || path.startsWith(`${above}.`))) kept.set(path, each);
  }
  return [...kept.values()].slice(0, perCall);
}
