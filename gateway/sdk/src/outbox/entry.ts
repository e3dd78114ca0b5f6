import type { Person } from "../identity";
import type { EventJson, FinishedStep, JsonObject } from "../types";

/** Something to send to the gateway. It is kept until the gateway has acknowledged it. */
export interface Entry {
  id: string;
  tab: string;
  person: Person;
  /** An event, which may share a call with others; or */
  event?: EventJson;
  /** a call of its own: where to and with what. */
  path?: string;
  body?: JsonObject;
  /** What a report is about, for whoever hears its answer. */
  note?: FinishedStep;
}
