import type { Answer } from "../api/api";
import type { VisitJson } from "../contract/journeys/enrollment/v1/enrollment_pb";
import { reasonInWords } from "../people/words";
import type { SimulatedPerson } from "./calls";

/** Describes a report in words. */

const findings: Record<string, { title: string; isGrave?: boolean }> = {
  STUCK_FOREVER: { title: "Stuck permanently", isGrave: true },
  NEVER_REACHED: { title: "Never reached" },
  BRANCH_NEVER_TAKEN: { title: "Branch never taken" },
  ALWAYS_SAME_BRANCH: { title: "Always takes the same branch" },
  FIELD_UNKNOWN: { title: "Unknown field", isGrave: true },
  TIME_PASSED: { title: "Date already passed" },
  TRAIT_NOT_A_DATE: { title: "Trait has no date", isGrave: true },
  BURST: { title: "Burst within one minute" },
  NIGHT: { title: "Shown at night" },
  CROWDED: { title: "Too much content in one day" },
  CIRCLE: { title: "Loops", isGrave: true },
  ENTRY_NEVER: { title: "Never entered" },
  TOO_BUSY: { title: "Too many events" },
};

export const findingTitle = (code: string): string =>
  findings[code]?.title ?? code.charAt(0) + code.slice(1).toLowerCase().replaceAll("_", " ");

export const isGrave = (code: string): boolean => findings[code]?.isGrave ?? false;

export const endingInWords = (status: string, name: string): string => {
  if (status === "ACTIVE") return "Still inside";
  if (status === "NOT_ENTERED") return "Never entered";
  if (status === "COMPLETED") return name ? `Completed: ${name}` : "Completed";
  return `Stopped: ${reasonInWords(name)}`;
};

/** Returns an ending in words, given as in comparisons: `COMPLETED won`. */
export function wholeEndingInWords(ending: string): string {
  const [status = "", ...name] = ending.split(" ");
  return endingInWords(status, name.join(" "));
}

const refusals: Record<string, string> = {
  NOT_IN_AUDIENCE: "not in the audience",
  ALREADY_INSIDE: "already in the journey",
  NO_RETURN: "re-enrollment not allowed",
  TOO_SOON: "within the cool-down",
  EXIT_RULE_HOLDS: "an exit rule applies immediately",
};
export const refusalInWords = (reason: string): string => refusals[reason] ?? reason.toLowerCase().replaceAll("_", " ");

/** Returns a share in words, precise enough to distinguish 99.6% from all. */
export const shareOf = (count: number, of: number): string => {
  if (of === 0) return "";
  const percent = (count / of) * 100;
  if (count === of || count === 0) return `${percent}%`;
  return percent < 0.1 ? "<0.1%" : percent > 99.9 ? ">99.9%" : `${percent.toFixed(percent < 10 ? 1 : 0)}%`;
};

type Attempt = SimulatedPerson["attempts"][number];

/** Returns the visits of an attempt like the history of a real person, with the answers at each. */
export function visitsOf({ visits, enterTime, endTime }: Attempt, person: SimulatedPerson): Answer<VisitJson>[] {
  const [began, ended] = [Date.parse(enterTime ?? ""), endTime ? Date.parse(endTime) : Number.POSITIVE_INFINITY];
  const during = person.happenings.filter(({ time = "", report }) => {
    const at = Date.parse(time);
    return report && at >= began && at <= ended;
  });
  return visits.map(({ visitNo, nodeId, branch, cause, detail, time, notes }) => {
    const answers = during.find(({ report }) => report?.visitNo === visitNo && report.nodeId === nodeId)?.report?.data;
    return {
      visitNo,
      nodeId,
      branch,
      cause,
      detail,
      notes,
      outcome: "",
      notShown: "",
      ...(time ? { enterTime: time } : {}),
      ...(answers ? { answers } : {}),
    };
  });
}
