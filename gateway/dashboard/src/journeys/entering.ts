import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { type Node, readGraph } from "../graph/graph";
import { summary, titleOf } from "../graph/nodes";
import { inFull } from "../ui/times";

/** Returns who will enter, in sentences. `matching` is the number of people who match the audience now. */
export function whoEnters(design: DesignJson, audience?: string, matching?: number): string {
  const triggers = readGraph(design.graph).nodes.filter((node) => node.trigger && !node.trigger.manual);
  const sentences: string[] = [];
  // The name may not be loaded yet.
  const whom = audience ?? (design.audienceId ? "the audience" : undefined);
  if (design.autoEnroll && whom)
    sentences.push(
      `Everybody in ${whom} who may enter is enrolled immediately` +
        (matching === undefined
          ? "."
          : `; about ${inFull(matching)} ${matching === 1 ? "person matches" : "people match"} now.`),
    );
  if (triggers.length > 0)
    sentences.push(`${whom ? `People in ${whom}` : "People"} enter ${triggers.map(asCause).join(", or ")}.`);
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
  if (customEvent) {
    const where = customEvent.where ? what.replace(`on ${customEvent.eventName}`, "") : "";
    return `when the event ${customEvent.eventName || "…"} happens${where}`;
  }
  return elementClick ? `when they ${what}` : `when they visit a ${what.replace("page", "page that")}`;
}

/**
 * Returns what people see first, in a sentence: the first content on each path from a trigger, and whether people wait
 * before it.
 */
export function shownFirst(design: DesignJson): string {
  const graph = readGraph(design.graph);
  const atOnce = new Set<Node>();
  const waited = new Set<Node>();
  const walk = (node: Node, met: Set<Node>): void => {
    if (met.has(node)) return;
    met.add(node);
    if (node.content) return;
    const next = node.wait || node.waitForEvent ? waited : met;
    for (const edge of graph.edges.filter(({ source }) => source === node.id)) {
      const target = graph.nodes.find(({ id }) => id === edge.target);
      if (target) walk(target, next);
    }
  };
  for (const node of graph.nodes) if (node.trigger) walk(node, atOnce);

  const first = graph.nodes.filter((node) => node.content && (atOnce.has(node) || waited.has(node)));
  if (first.length === 0) return "Nothing is shown to them.";
  const when = (node: Node) =>
    !waited.has(node) ? "" : atOnce.has(node) ? " at once or after a wait" : " after a wait";
  return `Shown first: ${first.map((node) => `${titleOf(node)} (${summary(node)})${when(node)}`).join(", or ")}.`;
}
