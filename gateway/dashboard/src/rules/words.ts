import type { ValueJson } from "@bufbuild/protobuf/wkt";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { exact, inWords } from "../ui/times";
import { comparisonOf } from "./operators";
import { partOf } from "./shapes";

/** Returns a rule as a phrase: `plan is "pro" and did paid within 1 week`. */
export function ruleInWords(rule: RuleJson | undefined, audienceName: (id: string) => string = (id) => id): string {
  if (!rule) return "nothing yet";
  const { negated, rule: inner } = partOf(rule);
  const not = negated ? "not " : "";
  if (inner.group) {
    const parts = (inner.group.rules ?? []).map((part) => {
      const text = ruleInWords(part, audienceName);
      return partOf(part).rule.group ? `(${text})` : text;
    });
    const joined = parts.join(inner.group.operator === "OR" ? " or " : " and ");
    return negated ? `not (${joined})` : joined;
  }
  if (inner.condition) {
    const { field = "", operator, value } = inner.condition;
    const comparison = comparisonOf(operator, value);
    return [
      not + (shortField(field) || "…"),
      comparison.label,
      comparison.value === "none" ? "" : valueInWords(value, comparison.value),
    ]
      .filter(Boolean)
      .join(" ");
  }
  if (inner.event) {
    const { name, atLeast = 1, within, where } = inner.event;
    const often = atLeast > 1 ? ` at least ${atLeast} times` : "";
    return [
      `${negated ? "did not do" : "did"} ${name || "…"}${often}`,
      within ? ` within ${inWords(within)}` : "",
      where ? ` where ${ruleInWords(where)}` : "",
    ].join("");
  }
  if (inner.content) {
    const { contentId, outcome } = inner.content;
    const verb = {
      COMPLETED: "completed",
      DISMISSED: "dismissed",
      SKIPPED: "skipped",
      OUTCOME_UNSPECIFIED: "finished",
    }[outcome ?? "OUTCOME_UNSPECIFIED"];
    return `${negated ? "has not " : ""}${verb} ${contentId || "…"}`;
  }
  if (inner.audience) return `is ${not}in ${inner.audience.audienceId ? audienceName(inner.audience.audienceId) : "…"}`;
  return "nothing yet";
}

/** Returns `plan` for `traits.plan`. Other roots are kept, because they are informative. */
const shortField = (field: string) => field.replace(/^(traits|properties)\./, "");

function valueInWords(value: ValueJson | undefined, kind: string): string {
  if (value === undefined || value === null || value === "") return "…";
  if (kind === "duration") return inWords(String(value));
  if (kind === "date") return exact(String(value));
  if (Array.isArray(value)) return value.map((each) => JSON.stringify(each)).join(", ");
  return JSON.stringify(value);
}
