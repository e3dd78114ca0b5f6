import { journeyPath } from "../paths";
import { quietly } from "../quietly";
import type { Storage } from "../storage";
import type { JsonObject, NotShown, Step } from "../types";

/** Reports to the gateway that a step appeared, or why it did not. */
export type Sight = (step: Step, notShown?: NotShown) => void;

interface Means {
  storage: Storage;
  /** Sends a call of its own. */
  send(path: string, body: JsonObject): Promise<unknown>;
}

const key = "shown";
const mostKept = 50;

/** Reports each visit once for all pages of the browser, which stores what was reported. */
export function createSight({ storage, send }: Means): Sight {
  return ({ journeyId, enrollmentId, nodeId, visitNo }, notShown) => {
    const visit = `${enrollmentId} ${visitNo}`;
    const told = storage.get<string[]>(key) ?? [];
    // An older gateway does not number visits. After a report that it appeared, no reason is reported.
    if (!visitNo || told.includes(visit)) return;
    const sight = notShown ? `${visit} ${notShown}` : visit;
    if (told.includes(sight)) return;
    storage.set(key, [...told, sight].slice(-mostKept));
    void quietly(
      send(journeyPath(journeyId, "shown"), { nodeId, visitNo, enrollmentId, ...(notShown && { notShown }) }),
    );
  };
}
