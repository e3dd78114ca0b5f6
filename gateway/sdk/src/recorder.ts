import { cleanAddress } from "./address";
import { checkData } from "./check";
import type { Emit } from "./events";
import type { IdentityKeeper } from "./identity";
import type { Settings } from "./options";
import type { Outbox } from "./outbox/outbox";
import type { JsonObject } from "./types";

export interface Recorder {
  record(name: string, properties: JsonObject): void;
  /** Records a visit of the page. */
  page(properties?: JsonObject): void;
}

const urlLength = 2_048;

/** Records what the person does. `tracked` has the names of all of it in this page. */
export function createRecorder(
  outbox: Outbox,
  identity: IdentityKeeper,
  address: Settings["address"],
  tracked: Set<string>,
  emit: Emit,
): Recorder {
  function record(name: string, properties: JsonObject): void {
    outbox.addEvent(identity.person(), {
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
  };
}
