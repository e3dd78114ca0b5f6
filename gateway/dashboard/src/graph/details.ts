import type { DesignJson } from "../contract/journeys/definition/v1/journey_pb";
import { inOneUnit } from "../ui/durations";
import { secondsOf } from "../ui/times";
import { type Difference, plain, settingNames } from "./diff";
import { type Graph, type Node, readGraph } from "./graph";
import { titleOf, waysOut } from "./nodes";

/** A changed field, with its old and new value. */
export interface FieldChange {
  field: string;
  before: string;
  after: string;
}

/** The changed fields of a node, or of the settings. */
export interface Detail {
  of: string;
  fields: FieldChange[];
}

/** Returns the difference field by field. `nameOf` returns the name of an object by its id. */
export function detailsOf(
  before: DesignJson,
  after: DesignJson,
  { changed, rerouted, settings }: Difference,
  nameOf: (id: string) => string | undefined,
): Detail[] {
  const old = readGraph(before.graph);
  const next = readGraph(after.graph);
  const concerned = new Set([...changed, ...rerouted].map(({ id }) => id));
  const nodes = next.nodes.filter(({ id }) => concerned.has(id));
  const keys = settingNames.filter(([, name]) => settings.includes(name));
  const ofNodes = nodes.map((node) => ({
    of: titleOf(node),
    fields: [...fieldsOf(meaning(find(old, node.id)), meaning(node)), ...waysOf(old, next, node)],
  }));
  const ofSettings = keys.flatMap(([key, name]) =>
    fieldsOf(plain(before[key]), plain(after[key])).map(({ field, ...values }) => ({
      field: field ? `${name}: ${field}` : name,
      before: nameOf(String(before[key])) ?? values.before,
      after: nameOf(String(after[key])) ?? values.after,
    })),
  );
  return ofSettings.length > 0 ? [...ofNodes, { of: "Settings", fields: ofSettings }] : ofNodes;
}

const find = (graph: Graph, id: string) => graph.nodes.find((each) => each.id === id);

/** Returns the fields of a node, without its position and without the name of its kind around them. */
function meaning(node: Node | undefined): unknown {
  if (!node) return undefined;
  const { position: _, id: __, name, ...kinds } = node;
  const { payload, ...rest } = Object.assign({}, ...Object.values(kinds)) as { payload?: object };
  const own = { name, ...rest };
  const said = Object.entries(plain(payload ?? {}, true) as object);
  return {
    ...(plain(own) as object),
    ...Object.fromEntries(said.map(([key, value]) => [key in own ? `payload ${key}` : key, value])),
  };
}

function fieldsOf(before: unknown, after: unknown): FieldChange[] {
  const old = leaves(before);
  const next = leaves(after);
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((field) => old.get(field) !== next.get(field))
    .map((field) => ({
      field,
      before: inText(old.get(field), next.get(field)),
      after: inText(next.get(field), old.get(field)),
    }));
}

/** Returns the leaf values of a value, by the words of their paths. */
function leaves(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  if (value === undefined) return new Map();
  if (value === null || typeof value !== "object") return new Map([[path.join(" "), value]]);
  const parts = Array.isArray(value)
    ? value.map((each, i) => [`${i + 1}`, each] as const)
    : Object.entries(value).map(([key, each]) => [inLowerWords(key), each] as const);
  return new Map(parts.flatMap(([key, each]) => [...leaves(each, [...path, key])]));
}

const inLowerWords = (key: string): string => key.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

/** Returns a value as text for comparison with the other one. An absent flag is false if the other value is true. */
function inText(value: unknown, other: unknown): string {
  if (value === undefined && other === true) return "false";
  if (value === undefined || value === null) return "nothing";
  if (typeof value !== "string") return String(value);
  // Formats durations exactly and in one unit, because in two units small differences would be rounded away.
  if (/^\d+(\.\d+)?s$/.test(value)) return inOneUnit(secondsOf(value));
  return `“${excerpt([...value], [...(typeof other === "string" ? other : "")])}”`;
}

const mostShown = 120;
const shownBefore = 40;

/** Returns a part of a text that shows where it differs from the other text. */
function excerpt(text: readonly string[], other: readonly string[]): string {
  if (text.length <= mostShown) return text.join("");
  const found = text.findIndex((sign, i) => sign !== other[i]);
  const difference = found < 0 ? text.length : found;
  const from = difference < mostShown - shownBefore ? 0 : difference - shownBefore;
  const to = from + mostShown - 1;
  return `${from > 0 ? "…" : ""}${text.slice(from, to).join("")}${to < text.length ? "…" : ""}`;
}

/** Returns the changed targets of a node's ways out. */
function waysOf(old: Graph, next: Graph, node: Node): FieldChange[] {
  const target = (graph: Graph, branch: string) => {
    const edge = graph.edges.find((each) => each.source === node.id && each.branch === branch);
    return edge && find(graph, edge.target);
  };
  const name = (to: Node | undefined, other: Node | undefined) =>
    !to ? "nowhere" : other && titleOf(to) === titleOf(other) ? `${titleOf(to)} (${to.id})` : titleOf(to);
  const before = find(old, node.id);
  const ways = new Map([...(before ? waysOut(before) : []), ...waysOut(node)].map((way) => [way.branch, way.label]));
  return [...ways]
    .map(([branch, label]) => ({ label, was: target(old, branch), is: target(next, branch) }))
    .filter(({ was, is }) => was?.id !== is?.id)
    .map(({ label, was, is }) => ({ field: `branch ${label}`, before: name(was, is), after: name(is, was) }));
}
