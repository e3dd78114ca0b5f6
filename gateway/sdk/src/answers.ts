import { type IdentityKeeper, isSame } from "./identity";
import type { Journeys } from "./journeys";
import type { Log } from "./log";
import type { Entry } from "./outbox/entry";
import { identifyPath } from "./paths";
import type { JsonObject, PositionJson, WarningJson } from "./types";

export interface Answers {
  /** Applies the gateway's answer to a call, including calls of an earlier page. */
  take(entry: Entry, body: JsonObject): void;
  /** Clears the known positions at the next `identify` answer, because another person is meant. */
  awaitIdentify(): void;
}

/** Applies the answers to sent calls to the known positions. */
export function createAnswers(
  identity: IdentityKeeper,
  journeys: Journeys,
  take: (positions: readonly PositionJson[], isOurs?: boolean) => void,
  present: () => void,
  log: Log,
): Answers {
  let isSomebodyElse = false;

  return {
    take({ person, path, event, note }, body) {
      for (const { field, message } of (body.warnings ?? []) as WarningJson[]) log(`${field}: ${message}`);
      // Ignores answers for another person than the present one.
      if (!isSame(person, identity.person())) return;
      // The positions known so far are the visitor's. The answer has all positions after the stitching.
      if (path === identifyPath && isSomebodyElse) {
        isSomebodyElse = false;
        journeys.clear();
      }
      if (event || path === identifyPath) take((body.journeys ?? []) as PositionJson[], !!event);
      // An answer without an enrollment, such as that to a sighting, changes nothing.
      else if (body.enrollment) {
        journeys.applyAnswer(body, note);
        present();
      }
    },
    awaitIdentify: () => void (isSomebodyElse = true),
  };
}
