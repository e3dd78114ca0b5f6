import type { Rule_ConditionJson, Rule_GroupJson, RuleJson } from "../contract/journeys/rule/v1/rule_pb";

/** Takes rules apart and puts them together for the editor. Never changes its arguments. */

export type RuleKind = "group" | "condition" | "event" | "content" | "audience";

/** The place of a rule, which determines the fields that it may use. */
export type RuleScope = "person" | "journey" | "event";

/** A rule without its negations. Two negations cancel each other. */
export interface Part {
  negated: boolean;
  rule: RuleJson;
}

export function partOf(rule: RuleJson): Part {
  let negated = false;
  let inner = rule;
  while (inner.not?.rule) {
    negated = !negated;
    inner = inner.not.rule;
  }
  return { negated, rule: inner };
}

export const ruleOf = ({ negated, rule }: Part): RuleJson => (negated ? { not: { rule } } : rule);

export function kindOf(rule: RuleJson): RuleKind | undefined {
  if (rule.group) return "group";
  if (rule.condition) return "condition";
  if (rule.event) return "event";
  if (rule.content) return "content";
  return rule.audience ? "audience" : undefined;
}

/** Returns a new part of a kind. */
export function blank(kind: RuleKind, scope: RuleScope): RuleJson {
  switch (kind) {
    case "group":
      return { group: { operator: "OR", rules: [blank("condition", scope)] } };
    case "condition":
      return { condition: { field: "", operator: "EQ", value: "" } };
    case "event":
      return { event: { name: "", atLeast: 1 } };
    case "content":
      return { content: { contentId: "", outcome: "OUTCOME_UNSPECIFIED" } };
    case "audience":
      return { audience: { audienceId: "" } };
  }
}

/** Returns the outermost level as a group, so that parts can always be added. */
export function topGroup(rule: RuleJson | undefined): Rule_GroupJson {
  if (rule?.group) return rule.group;
  return { operator: "AND", rules: rule ? [rule] : [] };
}

/** Converts the outermost group back: undefined when it is empty, and a single rule without a group. */
export function fromTopGroup(group: Rule_GroupJson): RuleJson | undefined {
  const rules = group.rules ?? [];
  if (rules.length === 0) return undefined;
  return rules.length === 1 && group.operator !== "OR" ? rules[0] : { group };
}

/** Returns `traits.plan` for `plan`: the field that a name without a root means. */
export function completeField(text: string, scope: RuleScope): string {
  const field = text.trim();
  if (
    field === "" ||
    /^(userId|role|browser)$/.test(field) ||
    /^(traits|device|location|journey|entry|properties)\./.test(field)
  )
    return field;
  return scope === "event" ? `properties.${field}` : `traits.${field}`;
}

/** Whether a field belongs to the journey's own data: stored by its nodes, or properties of the entry. */
export const isOfJourney = (field: string) => /^(journey|entry)\./.test(field);

/** Whether a rule depends on a journey's own data, which exists only inside the journey. */
export function asksAboutJourney(rule: RuleJson): boolean {
  const { rule: inner } = partOf(rule);
  if (inner.group) return (inner.group.rules ?? []).some(asksAboutJourney);
  return isOfJourney(inner.condition?.field ?? "");
}

/** Returns the fields that a rule compares. */
export function fieldsOf(rule: RuleJson | undefined): string[] {
  if (!rule) return [];
  const { rule: inner } = partOf(rule);
  if (inner.group) return (inner.group.rules ?? []).flatMap(fieldsOf);
  return inner.condition?.field ? [inner.condition.field] : [];
}

/** Whether all inputs are filled in. The server decides whether the rule is valid. */
export function isComplete(rule: RuleJson | undefined): boolean {
  if (!rule) return false;
  const { rule: inner } = partOf(rule);
  if (inner.group) return (inner.group.rules ?? []).length > 0 && inner.group.rules!.every(isComplete);
  if (inner.condition) return isConditionComplete(inner.condition);
  if (inner.event)
    return Boolean(inner.event.name) && (inner.event.where === undefined || isComplete(inner.event.where));
  if (inner.content) return Boolean(inner.content.contentId);
  return Boolean(inner.audience?.audienceId);
}

function isConditionComplete({ field, operator, value }: Rule_ConditionJson): boolean {
  if (!field) return false;
  if (operator === "EXISTS" || operator === "NOT_EXISTS") return true;
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "";
}
