/** Formats times and durations. */

const exactFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const utcFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export const exact = (value: string): string => exactFormat.format(new Date(value));
export const inUtc = (value: string): string => `${utcFormat.format(new Date(value))} UTC`;

/** Returns `3 hours ago`, `in 2 days`; a date when it is more than a month away. */
export function relative(value: string, now: number): string {
  const seconds = (new Date(value).getTime() - now) / 1_000;
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size < 60) return relativeFormat.format(Math.round(seconds), "second");
  if (size < 3_600) return relativeFormat.format(Math.trunc(seconds / 60), "minute");
  if (size < 86_400) return relativeFormat.format(Math.trunc(seconds / 3_600), "hour");
  if (size < 30 * 86_400) return relativeFormat.format(Math.trunc(seconds / 86_400), "day");
  return dayFormat.format(new Date(value));
}

const units = [
  ["year", 365 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Returns the seconds of a duration in the API's format: `604800s`. */
export function secondsOf(duration: string | undefined): number {
  return duration ? Number.parseFloat(duration) || 0 : 0;
}

/** Returns `2 days 3 hours` for `183600s`: the two largest units. */
export function inWords(duration: string | number | undefined): string {
  let rest = Math.round(Math.abs(typeof duration === "number" ? duration : secondsOf(duration)));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    // Uses weeks only for whole weeks: 10 days stay 10 days.
    if (count === 0 || (unit === "week" && rest % size !== 0) || parts.length === 2) continue;
    rest -= count * size;
    parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return parts.join(" ") || "0 seconds";
}

/** Returns `1,234`. */
export const inFull = (count: number): string => count.toLocaleString("en");

/** Returns `1 person`, `1,204 people`. */
export const peopleInWords = (count: number): string => (count === 1 ? "1 person" : `${inFull(count)} people`);
