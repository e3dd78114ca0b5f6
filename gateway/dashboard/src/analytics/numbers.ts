import type { Answer } from "../api/api";
import type { AnalyticsJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import type { Graph } from "../graph/graph";

/** What the counts of a journey say, put together for the eye. Nothing here invents a number. */

export type Analytics = Answer<AnalyticsJson>;
export type NodeCount = Analytics["nodes"][number];

/** What happened at a node, in all versions that were asked for. */
export interface Passage {
  entered: number;
  hereNow: number;
  /** Visits whose content appeared, and those where it did not although a page tried. */
  shown: number;
  notShown: number;
  /** How often each way out was taken, by branch. */
  left: ReadonlyMap<string, number>;
  /** How often each outcome of content was reported, by the branch that it takes where the node has it. */
  reported: ReadonlyMap<string, number>;
}

const outcomes = [
  ["", "completed"],
  ["dismissed", "dismissed"],
  ["skipped", "skipped"],
] as const;

export function passages(nodes: readonly NodeCount[]): ReadonlyMap<string, Passage> {
  type Sum = {
    entered: number;
    hereNow: number;
    shown: number;
    notShown: number;
    left: Map<string, number>;
    reported: Map<string, number>;
  };
  const sums = new Map<string, Sum>();
  const add = (to: Map<string, number>, branch: string, count: number) => to.set(branch, (to.get(branch) ?? 0) + count);
  for (const node of nodes) {
    const sum = sums.get(node.nodeId) ?? {
      entered: 0,
      hereNow: 0,
      shown: 0,
      notShown: 0,
      left: new Map(),
      reported: new Map(),
    };
    sum.entered += node.entered;
    sum.hereNow += node.hereNow;
    sum.shown += node.shown;
    sum.notShown += node.notShown;
    for (const { branch, count } of node.left) add(sum.left, branch, count);
    for (const [branch, outcome] of outcomes) add(sum.reported, branch, node[outcome]);
    sums.set(node.nodeId, sum);
  }
  return sums;
}

/** Node ids in the order in which people can come to them: nearest to a trigger first, unreachable ones last. */
export function order(graph: Graph): readonly string[] {
  const reached = new Set(graph.nodes.filter((node) => node.trigger).map((node) => node.id));
  for (const id of reached) for (const edge of graph.edges) if (edge.source === id) reached.add(edge.target);
  return [...reached, ...graph.nodes.map((node) => node.id).filter((id) => !reached.has(id))];
}

export interface FunnelStep {
  id: string;
  label: string;
  count: number;
  /** Of everybody who entered, 0 to 1; arrivals can exceed it where a journey turns in circles. */
  share: number;
}

export const entries = ({ totals }: Analytics): number =>
  totals ? totals.active + totals.completed + totals.stopped + totals.archived : 0;

/** How far people come: everybody who entered, who arrived at each content, who completed. */
export function funnel(analytics: Analytics, graph: Graph, title: (id: string) => string): FunnelStep[] {
  const entered = entries(analytics);
  const counts = passages(analytics.nodes);
  const contents = new Set(graph.nodes.filter((node) => node.content).map((node) => node.id));
  const step = (id: string, label: string, count: number) => ({
    id,
    label,
    count,
    share: entered > 0 ? count / entered : 0,
  });
  return [
    step("entered", "Entered", entered),
    ...order(graph)
      .filter((id) => contents.has(id))
      .map((id) => step(`node:${id}`, title(id), counts.get(id)?.entered ?? 0)),
    step("completed", "Completed", analytics.totals?.completed ?? 0),
  ];
}

export interface DayCounts {
  date: string;
  entered: number;
  completed: number;
  goals: number;
}

const dayMs = 86_400_000;
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Every day (UTC) from the first until today, also those on which nothing happened. */
export function everyDay(days: readonly DayCounts[], from: string | undefined, now: number): DayCounts[] {
  const first = from?.slice(0, 10) ?? days[0]?.date;
  if (!first) return [];
  const known = new Map(days.map((day) => [day.date, day]));
  const all: DayCounts[] = [];
  // At least a week, so that a journey's first day is a line and not a dot.
  const start = Math.min(Date.parse(first), Date.parse(isoDay(now)) - 6 * dayMs);
  for (let time = start; time <= now; time += dayMs) {
    const date = isoDay(time);
    all.push(known.get(date) ?? { date, entered: 0, completed: 0, goals: 0 });
  }
  return all;
}

/** The beginning of the day (UTC) `days` ago, today being the last of them. */
export const daysAgo = (days: number, now: number): string => `${isoDay(now - (days - 1) * dayMs)}T00:00:00Z`;

export const percent = (share: number): string => (share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`);
