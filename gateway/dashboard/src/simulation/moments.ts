import type { DesignReport } from "./calls";

/** Computes the state of a simulated journey after a number of hours, from the report's counts by edge and hour. */

/** How often an edge was taken: the hours, and the sum until the end of each. */
interface Passing {
  branch: string;
  target: string;
  count: number;
  hours: readonly number[];
  sums: readonly number[];
}

interface NodeTimes {
  arrived: number;
  here: number;
  /**
   * Whether everybody who left did so by an edge. People who were stopped or reached the goal did not, and the report
   * does not say when.
   */
  isWhole: boolean;
  ways: readonly Passing[];
  arrivals: readonly Passing[];
}

export type Times = ReadonlyMap<string, NodeTimes>;

export interface NodeMoment {
  arrived: number;
  /** The number of people there; undefined if unknown. */
  here: number | undefined;
  left: ReadonlyMap<string, number>;
}

export function timesOf(report: DesignReport): Times {
  const ways = new Map(report.nodes.map((node) => [node.nodeId, node.left.map(passingOf)]));
  const arrivals = new Map<string, Passing[]>();
  for (const passing of [...ways.values()].flat())
    arrivals.set(passing.target, [...(arrivals.get(passing.target) ?? []), passing]);
  return new Map(
    report.nodes.map(({ nodeId, arrived, hereAtEnd }) => {
      const left = ways.get(nodeId)!;
      return [
        nodeId,
        {
          arrived: Number(arrived),
          here: Number(hereAtEnd),
          isWhole: Number(arrived) === Number(hereAtEnd) + sum(left.map(({ count }) => count)),
          ways: left,
          // A trigger has no incoming edges, and people who enter there move on immediately.
          arrivals: arrivals.get(nodeId) ?? left,
        },
      ];
    }),
  );
}

function passingOf({ branch, target, count, hours }: DesignReport["nodes"][number]["left"][number]): Passing {
  const sums: number[] = [];
  for (const each of hours) sums.push((sums.at(-1) ?? 0) + Number(each.count));
  return { branch, target, count: Number(count), hours: hours.map(({ hour }) => hour), sums };
}

/** Returns the state after `hours`; at the end if undefined. */
export function momentOf(times: Times, hours: number | undefined): ReadonlyMap<string, NodeMoment> {
  return new Map(
    [...times].map(([nodeId, node]) => {
      const left = new Map(node.ways.map((way) => [way.branch, until(way, hours)]));
      const arrived = hours === undefined ? node.arrived : sum(node.arrivals.map((way) => until(way, hours)));
      const here = hours === undefined ? node.here : node.isWhole ? arrived - sum([...left.values()]) : undefined;
      return [nodeId, { arrived, here, left }];
    }),
  );
}

/**
 * Returns the number of dots on each edge, by `edgeKey`: 1 to 4, relative to the edge that is taken most in those
 * hours.
 */
export function dotsOf(times: Times, from: number, to: number): ReadonlyMap<string, number> {
  const flows = [...times].flatMap(([nodeId, { ways }]) =>
    ways.map((way) => [edgeKey(nodeId, way.branch), until(way, to) - until(way, from)] as const),
  );
  const most = Math.max(1, ...flows.map(([, count]) => count));
  return new Map(
    flows.filter(([, count]) => count > 0).map(([key, count]) => [key, Math.ceil(4 * Math.sqrt(count / most))]),
  );
}

export const edgeKey = (source: string, branch: string): string => `${source}/${branch}`;

/** Returns how often an edge was taken up to an hour. */
function until({ hours, sums, count }: Passing, limit: number | undefined): number {
  if (limit === undefined) return count;
  let low = 0;
  let high = hours.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hours[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return sums[low - 1] ?? 0;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

/** Returns `Day 3, 14:00` for 62 hours: days and hours from the start, counting days from 1. */
export function momentInWords(hours: number, total: number): string {
  if (hours >= total) return "At the end";
  return `Day ${Math.floor(hours / 24) + 1}, ${String(hours % 24).padStart(2, "0")}:00`;
}
