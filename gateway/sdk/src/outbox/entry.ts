import type { Person } from "../identity";
import type { EventJson, FinishedStep, JsonObject } from "../types";

/** A call or an event for the gateway. It is stored until the gateway has acknowledged it. */
export interface Entry {
  id: string;
  tab: string;
  person: Person;
  /** An event, which may share a call with others. */
  event?: EventJson;
  /** The path and the body of a call of its own. */
  path?: string;
  body?: JsonObject;
  /** The finished step of a report, for the handlers of its answer. */
  note?: FinishedStep;
}
