import { isSame, type Person, type Who } from "../identity";
import { toJson } from "../json";
import { eventsPath } from "../paths";
import type { JsonObject } from "../types";
import type { Entry } from "./entry";

const eventsPerCall = 50;
const bytesPerCall = 48_000;

/** What the next call carries: one entry, or as many events of one person in a row as fit. */
export function nextBatch(entries: readonly Entry[], isOneByOne: boolean): readonly Entry[] {
  const first = entries[0];
  if (!first?.event || isOneByOne) return first ? [first] : [];
  let bytes = 0;
  const end = entries.findIndex(
    (entry, index) =>
      !entry.event ||
      index >= eventsPerCall ||
      !isSame(entry.person, first.person) ||
      ((bytes += toJson(entry.event).length * 3) > bytesPerCall && index > 0),
  );
  return entries.slice(0, end < 0 ? entries.length : end);
}

export const pathOf = (batch: readonly Entry[]): string => batch[0]!.path ?? eventsPath;

/** The call's body; `about` goes along with events. */
export function bodyOf(batch: readonly Entry[], who: Who, about: () => JsonObject): JsonObject {
  const { person, event, body } = batch[0]!;
  return {
    ...(event ? { events: batch.map((entry) => entry.event as JsonObject), ...about() } : body),
    ...person,
    ...(who.userToken && isOfUser(person, who) && { _userToken: who.userToken }),
  };
}

/**
 * Of the user who is meant now, or of the visitor that they were: nothing but the user's token opens that one once the
 * two are joined.
 */
export function isOfUser(person: Person, { userId, anonymousId }: Who): boolean {
  return !!userId && ("userId" in person ? person.userId === userId : person.anonymousId === anonymousId);
}
