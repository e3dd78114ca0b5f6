import type { ExitRuleJson } from "../contract/journeys/definition/v1/journey_pb";
import { ruleInWords } from "../rules/words";

/** Returns an exit rule in words: who leaves, and with which outcome. */
export function exitInWords({ rule, event, leftAudience, name, outcome }: ExitRuleJson): string {
  const when = event
    ? `after ${event.eventName || "…"}${event.where ? ` where ${ruleInWords(event.where)}` : ""}`
    : leftAudience
      ? "when they do not belong to the audience"
      : `when ${ruleInWords(rule)}`;
  return `people leave ${outcome ? `with the outcome ${outcome}` : `as stopped by ${name || "…"}`} ${when}`;
}

/** Returns a name that no other exit rule has. */
export function freeName(exits: readonly ExitRuleJson[]): string {
  const names = new Set(exits.map(({ name }) => name));
  let n = exits.length + 1;
  while (names.has(`Exit ${n}`)) n++;
  return `Exit ${n}`;
}
