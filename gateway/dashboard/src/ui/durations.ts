/** Durations for input: a number and a unit. */

export const units = [
  { unit: "seconds", seconds: 1 },
  { unit: "minutes", seconds: 60 },
  { unit: "hours", seconds: 3_600 },
  { unit: "days", seconds: 86_400 },
  { unit: "weeks", seconds: 604_800 },
] as const;

export type Unit = (typeof units)[number]["unit"];

/** Splits a duration into the largest unit in which it is a whole number: 90 minutes, not 1.5 hours. */
export function split(seconds: number): { count: number; unit: Unit } {
  const fitting =
    units.findLast((each) => seconds !== 0 && seconds % each.seconds === 0) ?? (seconds === 0 ? units[3] : units[0]);
  return { count: seconds / fitting.seconds, unit: fitting.unit };
}

/** Returns `90 minutes` for 5400 seconds: exact, as the forms show it. */
export function inOneUnit(seconds: number): string {
  const { count, unit } = split(seconds);
  return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

/** Returns a duration in the API's format: `5400s`. */
export function join(count: number, unit: Unit): string {
  const seconds = count * units.find((each) => each.unit === unit)!.seconds;
  return `${Number(seconds.toFixed(3))}s`;
}
