import { cleanAddress } from "./address";
import { checkData } from "./check";
import { addHandler, type Emit, type Handlers } from "./events";
import type { Settings } from "./options";
import type { Outbox } from "./outbox/outbox";
import type { JsonObject } from "./types";

export interface Recorder {
  record(name: string, properties: JsonObject): void;
  /** Records a visit of the page. */
  page(properties?: JsonObject): void;
  /** Calls `listen` for every event of this page, including earlier ones. Returns a function that ends this. */
  onRecord(listen: (name: string) => void): () => void;
  /** Forgets the recorded events, because another person is meant. */
  dropTracked(): void;
}

const urlLength = 2_048;

/** Records events of the person. */
export function createRecorder(outbox: Outbox, address: Settings["address"], handlers: Handlers, emit: Emit): Recorder {
  const tracked = new Set<string>();

  function record(name: string, properties: JsonObject): void {
    outbox.addEvent({
      name,
      properties,
      url: cleanAddress(location.href, address).slice(0, urlLength),
      time: new Date().toISOString(),
    });
    tracked.add(name);
    emit("track", name, properties);
  }

  return {
    record,
    page(properties) {
      record("page", {
        title: document.title,
        path: location.pathname,
        referrer: cleanAddress(document.referrer, address),
        ...checkData(properties, "properties"),
      });
    },
    onRecord(listen) {
      tracked.forEach(listen);
      return addHandler(handlers, "track", listen);
    },
    dropTracked: () => tracked.clear(),
  };
}
