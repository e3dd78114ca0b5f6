import type { Suggestions } from "../rules/RuleEditor";
import type { Graph } from "./graph";

/** What this journey itself has names for: its events, its content, and the data that its nodes leave. */
export function suggestionsOf(graph: Graph): Suggestions {
  const fields: string[] = [];
  const events = new Set<string>();
  const contents = new Set<string>();
  for (const { id, trigger, content, waitForEvent, split } of graph.nodes) {
    if (trigger?.customEvent?.eventName) events.add(trigger.customEvent.eventName);
    for (const event of waitForEvent?.events ?? []) if (event.eventName) events.add(event.eventName);
    if (split) fields.push(`journey.${id}.variant`);
    if (!content) continue;
    if (content.contentId) contents.add(content.contentId);
    const questions = content.payload?.questions;
    if (!Array.isArray(questions)) continue;
    for (const question of questions) {
      const name = question && typeof question === "object" && !Array.isArray(question) ? question.id : undefined;
      if (typeof name === "string") fields.push(`journey.${id}.${name}`);
    }
  }
  return { fields, events: [...events], contents: [...contents] };
}
