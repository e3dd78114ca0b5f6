import { journeyPath } from "../paths";
import { quietly } from "../quietly";
import type { Storage } from "../storage";
import type { JsonObject, NotShown, Step } from "../types";

/** Tells the gateway that a step appeared, or why it did not. */
export type Sight = (step: Step, notShown?: NotShown) => void;

interface Means {
  storage: Storage;
  /** Makes a call of its own. */
  send(path: string, body: JsonObject): Promise<unknown>;
}

const key = "shown";
const mostKept = 50;

/** Tells once for each visit, whatever pages show it: what was told is kept in the browser. */
export function createSight({ storage, send }: Means): Sight {
  return ({ journeyId, enrollmentId, nodeId, visitNo }, notShown) => {
    const visit = `${enrollmentId} ${visitNo}`;
    const told = storage.get<string[]>(key) ?? [];
    // An older gateway numbers no visits. Who has seen it needs no reason.
    if (!visitNo || told.includes(visit)) return;
    const sight = notShown ? `${visit} ${notShown}` : visit;
    if (told.includes(sight)) return;
    storage.set(key, [...told, sight].slice(-mostKept));
    void quietly(
      send(journeyPath(journeyId, "shown"), { nodeId, visitNo, enrollmentId, ...(notShown && { notShown }) }),
    );
  };
}
