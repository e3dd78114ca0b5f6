import type { ValueJson } from "@bufbuild/protobuf/wkt";
import type { Rule_Condition_OperatorJson } from "../contract/journeys/rule/v1/rule_pb";

/**
 * Decides which comparisons fit a field, and the type of value they compare with. An operator may occur for several
 * types of values.
 */

export type Operator = Rule_Condition_OperatorJson;
export type ValueKind = "none" | "text" | "texts" | "number" | "boolean" | "date" | "duration";
export type FieldType = "text" | "number" | "boolean" | "date" | "list" | "any";

export interface Comparison {
  /** Unique: the operator and the kind of value. */
  id: string;
  operator: Operator;
  value: ValueKind;
  label: string;
  group: string;
}

const make = (group: string, operator: Operator, value: ValueKind, label: string): Comparison => ({
  id: `${operator}:${value}`,
  operator,
  value,
  label,
  group,
});

const text: readonly Comparison[] = [
  make("Text", "EQ", "text", "is"),
  make("Text", "NEQ", "text", "is not"),
  make("Text", "CONTAINS", "text", "contains"),
  make("Text", "NOT_CONTAINS", "text", "does not contain"),
  make("Text", "STARTS_WITH", "text", "starts with"),
  make("Text", "ENDS_WITH", "text", "ends with"),
  make("Text", "IN", "texts", "is one of"),
  make("Text", "NOT_IN", "texts", "is none of"),
  make("Text", "REGEX", "text", "matches the expression"),
];
const number: readonly Comparison[] = [
  make("Number", "EQ", "number", "equals"),
  make("Number", "NEQ", "number", "does not equal"),
  make("Number", "GT", "number", "is more than"),
  make("Number", "GTE", "number", "is at least"),
  make("Number", "LT", "number", "is less than"),
  make("Number", "LTE", "number", "is at most"),
];
const date: readonly Comparison[] = [
  make("Date", "BEFORE", "date", "is before"),
  make("Date", "AFTER", "date", "is after"),
  make("Date", "WITHIN_LAST", "duration", "is within the last"),
  make("Date", "NOT_WITHIN_LAST", "duration", "is not within the last"),
];
const boolean: readonly Comparison[] = [
  make("Yes or no", "EQ", "boolean", "is exactly"),
  make("Yes or no", "NEQ", "boolean", "is not exactly"),
];
const list: readonly Comparison[] = [
  make("Text", "CONTAINS", "text", "contains"),
  make("Text", "NOT_CONTAINS", "text", "does not contain"),
];
const presence: readonly Comparison[] = [
  make("Presence", "EXISTS", "none", "is known"),
  make("Presence", "NOT_EXISTS", "none", "is not known"),
];

const all = [...text, ...number, ...date, ...boolean, ...presence];

/** Returns the comparisons that fit a field, best first. */
export function comparisonsFor(type: FieldType): readonly Comparison[] {
  switch (type) {
    case "text":
      return [...text, ...presence];
    case "number":
      return [...number, ...presence];
    case "boolean":
      return [...boolean, ...presence];
    case "date":
      return [...date, ...presence];
    case "list":
      return [...list, ...presence];
    case "any":
      return all;
  }
}

/** Returns the type of a field whose name determines it. The type of other fields depends on their values. */
export function typeByName(field: string): FieldType {
  return /^(userId|role|browser|device\.(type|os|browser))$/.test(field) ? "text" : "any";
}

/** Returns the type of a trait's value. */
export function typeOfValue(value: unknown): FieldType {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  if (Array.isArray(value)) return "list";
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}(T|$)/i.test(value) ? "date" : "text";
}

/**
 * Returns the comparison of a condition, by its operator and the type of its value. Null stands for a number that has
 * not been entered yet.
 */
export function comparisonOf(operator: Operator | undefined, value: ValueJson | undefined): Comparison {
  const candidates = all.filter((each) => each.operator === operator);
  const kind: ValueKind | undefined =
    typeof value === "number" || value === null ? "number" : typeof value === "boolean" ? "boolean" : undefined;
  return candidates.find((each) => each.value === kind) ?? candidates[0] ?? text[0]!;
}

/** Returns the value after another comparison was chosen: unchanged if it still fits. */
export function adaptValue(value: ValueJson | undefined, kind: ValueKind): ValueJson | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  switch (kind) {
    case "none":
      return undefined;
    case "text":
      return first === undefined || first === null || typeof first === "object" ? "" : String(first);
    case "texts":
      return Array.isArray(value) ? value : first === undefined || first === null || first === "" ? [] : [first];
    case "number":
      return typeof first === "number"
        ? first
        : typeof first === "string" && first.trim() !== "" && Number.isFinite(Number(first))
          ? Number(first)
          : null;
    case "boolean":
      return typeof first === "boolean" ? first : true;
    case "date":
      return typeof first === "string" && typeOfValue(first) === "date" ? first : "";
    case "duration":
      return typeof first === "string" && /^\d+(\.\d+)?s$/.test(first) ? first : "604800s";
  }
}
