import { isSame } from "../identity";
import { timeOf } from "../ids";
import type { Log } from "../log";
import type { Storage } from "../storage";
import type { Entry } from "./entry";

export interface Queue {
  /** What has not been acknowledged, in order. */
  all(): readonly Entry[];
  /** Keeps an entry. What is on its way stays when there are too many. */
  add(entry: Entry, onTheWay: readonly Entry[]): void;
  remove(entry: Entry): void;
  /** Takes over what other pages have left. */
  adopt(): void;
  /** Whether another page has sent it meanwhile. */
  isDone(entry: Entry): boolean;
  /** Drops what is done. */
  dropDone(): void;
  /** Moves everything of one visitor to the visitor of another id. */
  readdress(old: { anonymousId: string }, anonymousId: string): void;
}

const start = "q.";
const mostKept = 1_000;
const staleMs = 10_000;
const oldestMs = 29 * 86_400_000;

/** Keeps what is to be sent, in this page and in the browser's storage. */
export function createQueue(storage: Storage, tab: string, log: Log): Queue {
  const adopted = new Set<string>();
  let entries: Entry[] = [];

  function remove(entry: Entry): void {
    entries = entries.filter((each) => each !== entry);
    storage.remove(start + entry.id);
  }

  const isDone = ({ id }: Entry): boolean => adopted.has(id) && !storage.get(start + id);

  return {
    all: () => entries,
    add(entry, onTheWay) {
      if (entries.length >= mostKept) {
        const oldest = entries.find((each) => each.event && !onTheWay.includes(each));
        if (oldest) remove(oldest);
        log(`More than ${mostKept} calls wait for the gateway; the oldest events are dropped.`);
      }
      entries.push(entry);
      if (!storage.set(start + entry.id, entry))
        log("The browser stores nothing for this page; what is not sent before it is closed is lost.");
    },
    remove,
    // What an earlier page of this tab left, and what other tabs seem to have left. A tab that still lives sends its
    // own too; that is the same in effect, because events have ids and the other calls may be repeated.
    adopt() {
      const known = new Set(entries.map((entry) => entry.id));
      const now = Date.now();
      for (const key of storage.keys(start)) {
        const entry = known.has(key.slice(start.length)) ? undefined : storage.get<Entry>(key);
        if (!entry) continue;
        if (timeOf(entry.id) < now - oldestMs) storage.remove(key);
        else if (entry.tab === tab || timeOf(entry.id) < now - staleMs) {
          adopted.add(entry.id);
          entries.push(entry);
        }
      }
      entries.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    isDone,
    // What another page has sent must not come after what that page said later.
    dropDone() {
      entries = entries.filter((entry) => !isDone(entry));
    },
    // What the visitor did is kept under the new id, and so is the joining.
    readdress(old, anonymousId) {
      for (const entry of entries) {
        const isTheirs = isSame(entry.person, old);
        if (!isTheirs && entry.body?.anonymousId !== old.anonymousId) continue;
        if (isTheirs) entry.person = { anonymousId };
        else entry.body = { ...entry.body, anonymousId };
        storage.set(start + entry.id, entry);
      }
    },
  };
}
