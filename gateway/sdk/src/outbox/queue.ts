import { isSame } from "../identity";
import { timeOf } from "../ids";
import type { Log } from "../log";
import type { Storage } from "../storage";
import type { Entry } from "./entry";

export interface Queue {
  /** Returns the unacknowledged entries, in order. */
  all(): readonly Entry[];
  /** Stores an entry. When there are too many, drops the oldest event that is not being sent. */
  add(entry: Entry, onTheWay: readonly Entry[]): void;
  remove(entry: Entry): void;
  /** Adopts the entries that other pages have left. */
  adopt(): void;
  /** Whether another page has sent the entry in the meantime. */
  isDone(entry: Entry): boolean;
  /** Removes entries that other pages have sent. */
  dropDone(): void;
  /** Moves all entries of one visitor to another anonymous id. */
  readdress(old: { anonymousId: string }, anonymousId: string): void;
}

const start = "q.";
const mostKept = 1_000;
const staleMs = 10_000;
const oldestMs = 29 * 86_400_000;

/** Stores entries in this page and in the browser's storage. */
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
    // Adopts the entries of an earlier page of this tab, and old entries of other tabs. A tab that is still open sends
    // its own too, which has no further effect, because events have ids and calls can be repeated.
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
    // An entry that another page has sent must not be sent again after that page's later entries.
    dropDone() {
      entries = entries.filter((entry) => !isDone(entry));
    },
    // Changes both the visitor's entries and the `identify` that joins the visitor.
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
