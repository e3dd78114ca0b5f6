import type { Suggestions } from "../rules/form";
import type { Graph } from "./graph";
import { infoOf } from "./nodes";

/** What this journey itself has names for: its events, its content, and the data that its nodes leave. */
export function suggestionsOf(graph: Graph): Suggestions {
  const all = graph.nodes.map((node) => infoOf(node).suggestions?.(node) ?? {});
  return {
    fields: all.flatMap(({ fields = [] }) => fields),
    events: [...new Set(all.flatMap(({ events = [] }) => events))],
    contents: [...new Set(all.flatMap(({ contents = [] }) => contents))],
  };
}
