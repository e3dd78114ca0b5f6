import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { type Edge, type Node, readGraph } from "./graph";

/** What publishing would change for people who enter from then on. */
export interface Difference {
  added: Node[];
  removed: Node[];
  changed: Node[];
  /** Nodes in both designs, some of whose ways lead to another node, are new, or are gone. */
  rerouted: Node[];
  settings: string[];
}

export const settingNames: readonly (readonly [keyof DesignJson, string])[] = [
  ["name", "name"],
  ["description", "description"],
  ["audienceId", "audience"],
  ["autoEnroll", "auto-enrollment"],
  ["allowAnonymous", "anonymous visitors"],
  ["reEnrollment", "re-enrollment"],
  ["reEnrollmentCooldown", "cool-down"],
  ["goal", "goal"],
  ["exits", "exit rules"],
  ["timeZone", "time zone"],
];

/** Returns the difference between two designs. Positions of nodes do not count. */
export function difference(before: DesignJson, after: DesignJson): Difference {
  const old = readGraph(before.graph);
  const next = readGraph(after.graph);
  const oldNodes = new Map(old.nodes.map((node) => [node.id, node]));
  const nextIds = new Set(next.nodes.map((node) => node.id));
  const stays = next.nodes.filter((node) => oldNodes.has(node.id));
  return {
    added: next.nodes.filter((node) => !oldNodes.has(node.id)),
    removed: old.nodes.filter((node) => !nextIds.has(node.id)),
    changed: stays.filter((node) => !same(meaning(oldNodes.get(node.id)!), meaning(node))),
    rerouted: stays.filter((node) => ways(old.edges, node.id) !== ways(next.edges, node.id)),
    settings: settingNames.filter(([key]) => !same(before[key], after[key])).map(([, name]) => name),
  };
}

export const isNone = (difference: Difference): boolean =>
  Object.values(difference).every((part: unknown[]) => part.length === 0);

function meaning({ position: _, ...node }: Node): unknown {
  return node;
}

const ways = (edges: readonly Edge[], source: string): string =>
  edges
    .filter((edge) => edge.source === source)
    .map((edge) => `${edge.branch}\n${edge.target}`)
    .sort()
    .join("\n\n");

/** Whether two values are equal in the contract, in which an absent field equals its default. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

const defaults = new Set<unknown>([
  "",
  0,
  false,
  undefined,
  null,
  "NEVER",
  "RE_ENROLLMENT_UNSPECIFIED",
  "OUTCOME_UNSPECIFIED",
  "0s",
]);

// Values that authors set: in these, false, 0 and "" differ from an absent value, and from each other.
const given = new Set(["value", "payload"]);

/** Returns a value without fields that have their defaults. */
export function plain(value: unknown, isGiven = false): unknown {
  if (Array.isArray(value))
    return value.length === 0 && !isGiven ? undefined : value.map((each) => plain(each, isGiven) ?? null);
  if (value && typeof value === "object") {
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, each]) => [key, plain(each, isGiven || given.has(key))] as const)
        .filter(([, each]) => each !== undefined)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  }
  return !isGiven && defaults.has(value) ? undefined : value;
}
