import { isSame, type Person, type Who } from "../identity";
import { toJson } from "../json";
import { eventsPath } from "../paths";
import type { JsonObject } from "../types";
import type { Entry } from "./entry";

const eventsPerCall = 50;
const bytesPerCall = 48_000;

/** Returns the entries of the next call: one call, or as many successive events of one person as fit. */
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

/** Returns the body of a call; `about` is added to events. */
export function bodyOf(batch: readonly Entry[], who: Who, about: () => JsonObject): JsonObject {
  const { person, event, body } = batch[0]!;
  return {
    ...(event ? { events: batch.map((entry) => entry.event as JsonObject), ...about() } : body),
    ...person,
    ...(who.userToken && isOfUser(person, who) && { _userToken: who.userToken }),
  };
}

/**
 * Whether the person is the present user, or the visitor who became that user: after stitching, only the user's token
 * gives access to the visitor.
 */
export function isOfUser(person: Person, { userId, anonymousId }: Who): boolean {
  return !!userId && ("userId" in person ? person.userId === userId : person.anonymousId === anonymousId);
}
