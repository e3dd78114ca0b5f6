import type { Emit } from "./events";
import type { Storage } from "./storage";
import type { EnrollmentJson, FinishedStep, JsonObject, PositionJson, StepJson } from "./types";

export interface Journeys {
  /** Where the person stands, as far as is known. */
  all(): PositionJson[];
  at(journeyId: string): PositionJson | undefined;
  /**
   * Takes news in. `isOurs` says that something this browser did caused it. Older news than what is known changes
   * nothing.
   */
  apply(position: PositionJson, isOurs?: boolean): void;
  /** Takes in what a call about one journey answered. */
  applyAnswer(answer: JsonObject, finished?: FinishedStep): void;
  /** Somebody else is meant from now on. */
  clear(): void;
}

const key = "seen";
const mostSeen = 200;

/**
 * Keeps the person's position in every journey, and tells every open page about starts and ends once; a page that opens
 * later is not told again.
 */
export function createJourneys(storage: Storage, emit: Emit, isReported: (journeyId: string) => boolean): Journeys {
  const known = new Map<string, PositionJson>();
  // Which enrollments have ended, of those that were told of.
  const stored = (): Record<string, boolean> => storage.get(key) ?? {};
  let seen = stored();

  function apply(position: PositionJson, isOurs = false): void {
    const { journeyId = "", enrollment = {} } = position;
    if (isOlder(enrollment, known.get(journeyId)?.enrollment)) return;
    known.set(journeyId, position);
    notice(position, enrollment, isOurs);
    emit("position", position);
  }

  function notice(
    { journeyId = "", journeyName = "" }: PositionJson,
    { id = "", status }: EnrollmentJson,
    isOurs: boolean,
  ): void {
    const before = seen[id];
    const hasEnded = status !== "ACTIVE";
    if (before === hasEnded || before) return;
    // The answer to what this page has reported tells of the finished step first.
    if (hasEnded && isReported(journeyId)) return;

    seen = { ...seen, [id]: hasEnded };
    const { [id]: _, ...others } = stored();
    storage.set(key, Object.fromEntries([...Object.entries(others), [id, hasEnded]].slice(-mostSeen)));
    // What had ended before this browser heard of it is history.
    if (before === undefined && (!hasEnded || isOurs)) emit("journeyStart", journeyId, journeyName);
    if (status === "COMPLETED" && (before === false || isOurs)) emit("journeyComplete", journeyId);
  }

  return {
    all: () => [...known.values()],
    at: (journeyId) => known.get(journeyId),
    apply,
    applyAnswer(answer, finished) {
      const { enrollment, step, journeyName, stepsDone, applied } = answer as {
        enrollment: EnrollmentJson;
        step?: StepJson;
        journeyName?: string;
        stepsDone?: number;
        applied?: boolean;
      };
      const journeyId = enrollment.journeyId!;
      const before = known.get(journeyId);
      const done = stepsDone ?? before?.stepsDone ?? 0;
      if (finished && applied) emit("stepComplete", journeyId, finished, Math.max(0, done - 1));
      apply(
        {
          journeyId,
          journeyName: journeyName ?? before?.journeyName ?? "",
          enrollment,
          stepsDone: done,
          ...(step && { step }),
        },
        true,
      );
    },
    clear: () => known.clear(),
  };
}

const timeOf = (enrollment: EnrollmentJson): number => Date.parse(enrollment.updateTime ?? "");

function isOlder(news: EnrollmentJson, known: EnrollmentJson | undefined): boolean {
  if (!known) return false;
  return (news.attempt ?? 0) < (known.attempt ?? 0) || (news.id === known.id && timeOf(news) < timeOf(known));
}
