import { isSame, type Person } from "../identity";
import type { Entry } from "../outbox/entry";
import { journeyPath } from "../paths";
import { quietly } from "../quietly";
import type { JsonObject, Outcome, PositionJson, Progress, ProgressReport, Step, StepJson } from "../types";

export type Report = (journeyId: string, report: ProgressReport) => Promise<Progress>;

/** Returns the steps to show now, in the person's language. Each reports its own end. */
export function stepsOf(
  positions: readonly PositionJson[],
  person: Person,
  waiting: readonly Entry[],
  locale: string,
  report: Report,
): Step[] {
  return positions
    .filter(({ journeyId, step, enrollment }) => step && !isOver(journeyId!, step, enrollment?.id, person, waiting))
    .map((position) => toStep(position, locale, report));
}

// Whether a report or a stop is waiting for its acknowledgement. Then the step is not shown, whatever the gateway still
// answers.
function isOver(
  journeyId: string,
  { nodeId, visitNo }: StepJson,
  enrollmentId: string | undefined,
  person: Person,
  waiting: readonly Entry[],
): boolean {
  return waiting.some(
    ({ path, body, person: theirs }) =>
      isSame(theirs, person) &&
      (path === journeyPath(journeyId, "stop") ||
        (path === journeyPath(journeyId, "progress") &&
          body!.nodeId === nodeId &&
          (!body!.visitNo || body!.visitNo === visitNo) &&
          (!body!.enrollmentId || body!.enrollmentId === enrollmentId))),
  );
}

function toStep({ journeyId = "", enrollment, step }: PositionJson, locale: string, report: Report): Step {
  const nodeId = step!.nodeId!;
  const { visitNo } = step!;
  const payload = (step!.payload ?? {}) as JsonObject;
  const locales = (payload.locales ?? {}) as Record<string, JsonObject>;
  const lang = lookUp(Object.keys(locales), locale);
  const end = (outcome: Outcome) => (data?: JsonObject) =>
    quietly(
      new Promise<Progress>((resolve) =>
        resolve(report(journeyId, { nodeId, visitNo, enrollmentId: enrollment!.id, outcome, ...(data && { data }) })),
      ),
    );
  return {
    ...step,
    journeyId,
    nodeId,
    enrollmentId: enrollment!.id!,
    contentId: step!.contentId ?? "",
    payload: { ...payload, ...(lang && locales[lang]) },
    ...(lang && { lang }),
    complete: end("COMPLETED"),
    dismiss: end("DISMISSED"),
    skip: end("SKIPPED"),
  };
}

// Looks up the tag, then each shorter form of it, ignoring case (RFC 4647, 3.4). A subtag of one letter is removed
// together with the one after it.
function lookUp(names: string[], locale: string): string | undefined {
  const same = (tag: string): string => tag.toLowerCase().replace(/_/g, "-");
  for (let tag = same(locale); tag; tag = tag.replace(/(-[^-])?-[^-]*$|^[^-]*$/, "")) {
    const name = names.find((each) => same(each) === tag);
    if (name) return name;
  }
  return undefined;
}
