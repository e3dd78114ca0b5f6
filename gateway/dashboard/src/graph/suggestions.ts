import type { Suggestions } from "../rules/form";
import type { Graph } from "./graph";
import { infoOf } from "./nodes";

/** Returns the names that this journey uses: events, content, and the data that its nodes store. */
export function suggestionsOf(graph: Graph): Suggestions {
  const all = graph.nodes.map((node) => infoOf(node).suggestions?.(node) ?? {});
  return {
    fields: all.flatMap(({ fields = [] }) => fields),
    events: [...new Set(all.flatMap(({ events = [] }) => events))],
    contents: [...new Set(all.flatMap(({ contents = [] }) => contents))],
  };
}
