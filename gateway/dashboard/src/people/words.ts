/** Describes the history of an enrollment in words. */

const causes: Record<string, string> = {
  api: "Enrolled by a call or in the dashboard",
  list: "Enrolled as a member of a list",
  rule: "Enrolled because a rule matched",
  sdk: "Enrolled by the SDK",
  audience: "Started matching the audience",
  sweep: "Matched the audience in a sweep",
  timer: "The wait ended",
  late: "Continued without content",
  goal: "Reached the goal",
  "report:COMPLETED": "Completed the content",
  "report:DISMISSED": "Dismissed the content",
  "report:SKIPPED": "Skipped the content",
};

export function causeInWords(cause: string): string {
  const known = causes[cause];
  if (known) return known;
  const [kind, ...rest] = cause.split(":");
  const name = rest.join(":");
  if (kind === "event") return `Did ${name}`;
  if (kind === "trait") return `The date in ${name} changed`;
  if (kind === "trigger")
    return { page: "Entered by a page visit", click: "Entered by a click" }[name] ?? `Entered with the event ${name}`;
  return cause;
}

const obstacles: Record<string, string> = {
  ELEMENT_NOT_FOUND: "element not found",
  NO_PLAYER: "the page has nothing that shows this type",
};

/** Returns why content did not appear, in words. */
export const notShownInWords = (reason: string): string =>
  `Not shown: ${obstacles[reason] ?? reason.toLowerCase().replaceAll("_", " ")}`;

const sources: Record<string, string> = {
  API: "API or dashboard",
  LIST: "User list",
  AUDIENCE: "Audience",
  TRIGGER: "Trigger",
  SDK: "SDK",
};
export const sourceInWords = (source: string): string => sources[source] ?? source;

const reasons: Record<string, string> = {
  API: "stopped by a call or in the dashboard",
  OPT_OUT: "opted out",
  EXIT_RULE: "left early by an exit rule",
  LATE: "left because the wait ended during a pause",
  ERASED: "was erased",
  JOURNEY_ARCHIVED: "the journey was archived",
  MERGED: "merged into another enrollment of the same person",
};
export const reasonInWords = (reason: string): string => reasons[reason] ?? reason.toLowerCase().replaceAll("_", " ");

interface Step {
  enterTime?: string;
}

/** Returns how long the person was at each visit: until the next one, until the end, or until now. */
export function stays(visits: readonly Step[], end: number): number[] {
  return visits.map((visit, i) => {
    const next = visits[i + 1]?.enterTime;
    return Math.max(0, ((next ? Date.parse(next) : end) - Date.parse(visit.enterTime ?? "")) / 1_000);
  });
}

/** Returns the id of a person for lists. */
export const personOf = (enrollment: { userId: string; anonymousId: string }): string =>
  enrollment.userId || enrollment.anonymousId;
