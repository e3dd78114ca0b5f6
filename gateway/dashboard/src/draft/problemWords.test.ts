import { expect, it } from "vitest";
import { problemWords } from "./problemWords";

it.each([
  [
    { code: "MISSING", field: "graph.nodes[tour].content.contentId", message: "This is required." },
    "Content id: this is required.",
  ],
  [
    { code: "MISSING", field: "graph.nodes[hold].waitForEvent.events[0].eventName", message: "This is required." },
    "Event name: this is required.",
  ],
  [
    { code: "MISSING_EDGE", field: "graph.nodes[tour]", message: "The default branch of tour leads nowhere." },
    "The default branch of tour leads nowhere.",
  ],
])("a problem says what it is about: %j", (problem, words) => expect(problemWords(problem)).toBe(words));
