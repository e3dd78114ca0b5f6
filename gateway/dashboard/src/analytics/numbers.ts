import type { Answer } from "../api/api";
import type { AnalyticsJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import type { Graph } from "../graph/graph";

/** Prepares the counts of a journey for display. Every number is one of the API, or computed from these. */

export type Analytics = Answer<AnalyticsJson>;
export type NodeCount = Analytics["nodes"][number];

/** The counts of a node, added up over the requested versions. */
export interface Passage {
  entered: number;
  hereNow: number;
  /** The number of visits whose content appeared, and of those whose content did not appear although a page tried. */
  shown: number;
  notShown: number;
  /** The number of people who took each way out, by branch. */
  left: ReadonlyMap<string, number>;
  /** The number of reports of each outcome, by the branch that the outcome takes if the node has it. */
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

/**
 * Returns node ids in the order in which people can reach them: those nearest to a trigger first, unreachable ones
 * last.
 */
export function order(graph: Graph): readonly string[] {
  const reached = new Set(graph.nodes.filter((node) => node.trigger).map((node) => node.id));
  for (const id of reached) for (const edge of graph.edges) if (edge.source === id) reached.add(edge.target);
  return [...reached, ...graph.nodes.map((node) => node.id).filter((id) => !reached.has(id))];
}

export interface FunnelStep {
  id: string;
  label: string;
  count: number;
  /** The share of everybody who entered, 0 to 1. Arrivals can exceed it if a journey has cycles. */
  share: number;
}

export const entries = ({ totals }: Analytics): number =>
  totals ? totals.active + totals.completed + totals.stopped + totals.archived : 0;

/** Returns the funnel: everybody who entered, who arrived at each content, who completed. */
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

/** Returns every day (UTC) from the first until today, including days without events. */
export function everyDay(days: readonly DayCounts[], from: string | undefined, now: number): DayCounts[] {
  const first = from?.slice(0, 10) ?? days[0]?.date;
  if (!first) return [];
  const known = new Map(days.map((day) => [day.date, day]));
  const all: DayCounts[] = [];
  // Starts at least a week ago, so that a journey's first day is drawn as a line.
  const start = Math.min(Date.parse(first), Date.parse(isoDay(now)) - 6 * dayMs);
  for (let time = start; time <= now; time += dayMs) {
    const date = isoDay(time);
    all.push(known.get(date) ?? { date, entered: 0, completed: 0, goals: 0 });
  }
  return all;
}

/** Returns the beginning of the day (UTC) that starts a range of this many days ending today. */
export const daysAgo = (days: number, now: number): string => `${isoDay(now - (days - 1) * dayMs)}T00:00:00Z`;

export const percent = (share: number): string => (share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`);
