import { type IdentityKeeper, isSame } from "./identity";
import type { Journeys } from "./journeys";
import type { Log } from "./log";
import type { Entry } from "./outbox/entry";
import { identifyPath } from "./paths";
import type { JsonObject, PositionJson, WarningJson } from "./types";

export interface Answers {
  /** Takes in what the gateway answered to a call, also to one of an earlier page. */
  take(entry: Entry, body: JsonObject): void;
  /** Somebody else is meant; the answer to their `identify` has everything that is theirs. */
  awaitIdentify(): void;
}

/** What the answers to sent calls mean for what is known. */
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
      // What was known of somebody else is not shown to whoever is here now.
      if (!isSame(person, identity.person())) return;
      // What was known is of the visitor until now; the answer has what became of it.
      if (path === identifyPath && isSomebodyElse) {
        isSomebodyElse = false;
        journeys.clear();
      }
      if (event || path === identifyPath) take((body.journeys ?? []) as PositionJson[], !!event);
      // That something appeared changes nothing.
      else if (body.enrollment) {
        journeys.applyAnswer(body, note);
        present();
      }
    },
    awaitIdentify: () => void (isSomebodyElse = true),
  };
}
