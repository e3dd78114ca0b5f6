import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { type Node, readGraph } from "../graph/graph";
import { summary, titleOf } from "../graph/nodes";
import { inFull } from "../ui/times";

/** Who will enter, in sentences. `matching` is how many match the audience now. */
export function whoEnters(design: DesignJson, audience?: string, matching?: number): string {
  const triggers = readGraph(design.graph).nodes.filter((node) => node.trigger && !node.trigger.manual);
  const sentences: string[] = [];
  // Its name may still be on its way.
  const whom = audience ?? (design.audienceId ? "the audience" : undefined);
  if (design.autoEnroll && whom)
    sentences.push(
      `Everybody in ${whom} who may enter is enrolled immediately` +
        (matching === undefined
          ? "."
          : `; about ${inFull(matching)} ${matching === 1 ? "person matches" : "people match"} now.`),
    );
  if (triggers.length > 0)
    sentences.push(
      `${whom ? `Whoever is in ${whom} enters` : "People enter"} by ${triggers.map(asCause).join(", or by ")}.`,
    );
  sentences.push(
    sentences.length === 0
      ? "People enter only when you enroll them, by hand or through the API."
      : "You can also enroll people by hand.",
  );
  if (design.allowAnonymous) sentences.push("Visitors who have not signed in can enter too.");
  return sentences.join(" ");
}

function asCause(node: Node): string {
  const { customEvent, elementClick } = node.trigger ?? {};
  const what = summary(node);
  if (customEvent) return `the event ${what.replace(/^on /, "")}`;
  return elementClick ? `a ${what}` : `a visit, ${what}`;
}

/** What people see first, in a sentence: the first content on each way from a trigger. */
export function shownFirst(design: DesignJson): string {
  const graph = readGraph(design.graph);
  const first = new Set<Node>();
  let waits = false;
  const seen = new Set(graph.nodes.filter((node) => node.trigger));
  for (const node of seen) {
    if (node.content) {
      first.add(node);
      continue;
    }
    waits ||= node.wait !== undefined || node.waitForEvent !== undefined;
    for (const edge of graph.edges.filter(({ source }) => source === node.id)) {
      const target = graph.nodes.find(({ id }) => id === edge.target);
      if (target) seen.add(target);
    }
  }
  if (first.size === 0) return "Nothing is shown to them.";
  const names = [...first].map((node) => `${titleOf(node)} (${summary(node)})`);
  return `Shown first${waits ? ", for some after a wait" : ""}: ${names.join(", or ")}.`;
}
