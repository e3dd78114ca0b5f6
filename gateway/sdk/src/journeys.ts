import type { Emit } from "./events";
import type { Storage } from "./storage";
import type { EnrollmentJson, FinishedStep, JsonObject, PositionJson, StepJson } from "./types";

export interface Journeys {
  /** Returns the known positions of the person. */
  all(): PositionJson[];
  at(journeyId: string): PositionJson | undefined;
  /**
   * Applies a new position. `isOurs` says that this browser caused it. A position older than the known one changes
   * nothing.
   */
  apply(position: PositionJson, isOurs?: boolean): void;
  /** Applies the answer to a call about one journey. */
  applyAnswer(answer: JsonObject, finished?: FinishedStep): void;
  /** Forgets all positions, because another person is meant. */
  clear(): void;
}

const key = "seen";
const mostSeen = 200;

/**
 * Stores the person's position in every journey, and emits each start and end once to every open page. A page that
 * opens later does not receive them again.
 */
export function createJourneys(storage: Storage, emit: Emit, isReported: (journeyId: string) => boolean): Journeys {
  const known = new Map<string, PositionJson>();
  // Maps the enrollments that were emitted to whether they have ended.
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
    // The answer to a report of this page emits the finished step first.
    if (hasEnded && isReported(journeyId)) return;

    seen = { ...seen, [id]: hasEnded };
    const { [id]: _, ...others } = stored();
    storage.set(key, Object.fromEntries([...Object.entries(others), [id, hasEnded]].slice(-mostSeen)));
    // Enrollments that had ended before this browser knew them are not emitted.
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
