import { expect, it } from "vitest";
import { problemWords } from "./problemWords";

it.each([
  ["graph.nodes[tour].content.contentId", "is required.", "Content id is required."],
  ["graph.nodes[hold].waitForEvent.events[0].eventName", "is required.", "Event name is required."],
  ["graph.nodes[fork].condition.branches[0].rule.group.rules[1]", "is required.", "Rule 2 is required."],
  [
    "graph.nodes[tour]",
    "must have an edge for its default branch.",
    "Node tour must have an edge for its default branch.",
  ],
  ["audienceId", "is required for auto-enrollment.", "Audience id is required for auto-enrollment."],
  ["exits", "must have at most 20 items; there are 21.", "Exits must have at most 20 items; there are 21."],
  ["", "is wrong.", "is wrong."],
])("a problem of %s that %s", (field, message, words) => expect(problemWords({ field, message })).toBe(words));
