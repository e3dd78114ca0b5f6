import type { Person } from "../identity";
import { orderedId } from "../ids";
import { guarded, type Log } from "../log";
import type { DapError } from "../problem";
import type { Storage } from "../storage";
import type { EventJson, FinishedStep, JsonObject } from "../types";
import type { Entry } from "./entry";
import { createQueue } from "./queue";
import { createSender, type SenderSetup } from "./sender";

export interface Outbox {
  /** Stores an event; it is sent within a moment. */
  addEvent(event: Omit<EventJson, "id">): void;
  /** Stores a call, which is sent after everything before it, and returns its answer. */
  call(path: string, body: JsonObject, note?: FinishedStep): Promise<JsonObject>;
  /** Returns the unacknowledged entries, in order. */
  waiting(): readonly Entry[];
  /** Adopts the entries that other pages have left. */
  adopt(): void;
  /** Hands over entries that are not being sent, because the page is hidden or left. */
  leave(): void;
  /**
   * Retries because the network may be back or there is a new user token. Waits on if the gateway asked for a delay.
   */
  retry(): void;
  /** Stops sending, and rejects the calls that wait for an answer. */
  end(problem: DapError): void;
}

export interface OutboxSetup extends SenderSetup {
  storage: Storage;
  tab: string;
  log: Log;
  /** Returns the person of new entries. */
  person(): Person;
  /** Receives every answer, including those to calls of an earlier page. */
  answered(entry: Entry, body: JsonObject): void;
}

interface Waiter {
  resolve(body: JsonObject): void;
  reject(error: DapError): void;
}

const batchMs = 300;

/** Stores entries until the gateway has acknowledged them, and resolves the promises that wait for an answer. */
export function createOutbox(setup: OutboxSetup): Outbox {
  const { storage, tab, log, person, answered, failed } = setup;
  const waiters = new Map<string, Waiter>();
  const queue = createQueue(storage, tab, log);
  const sender = createSender(
    queue,
    setup,
    (batch, body) => {
      // Updates the page before it resolves the waiting call.
      guarded(() => answered(batch[0]!, body), log);
      for (const entry of batch) take(entry)?.resolve(body);
    },
    (entry, error) => {
      failed(error);
      take(entry)?.reject(error);
    },
  );

  function take(entry: Entry): Waiter | undefined {
    const waiter = waiters.get(entry.id);
    waiters.delete(entry.id);
    return waiter;
  }

  function add(entry: Omit<Entry, "id" | "tab" | "person">, delay: number): string {
    const id = orderedId(Date.now());
    queue.add(
      { id, tab, person: person(), ...entry, ...(entry.event && { event: { ...entry.event, id } }) },
      sender.onTheWay(),
    );
    sender.schedule(delay);
    return id;
  }

  function adopt(): void {
    queue.adopt();
    sender.schedule(0);
  }

  adopt();

  return {
    addEvent: (event) => void add({ event }, batchMs),
    call(path, body, note) {
      return new Promise((resolve, reject) =>
        waiters.set(add({ path, body, ...(note && { note }) }, 0), { resolve, reject }),
      );
    },
    waiting: queue.all,
    adopt,
    leave: sender.leave,
    retry() {
      sender.forgive();
      adopt();
    },
    end(problem) {
      sender.halt();
      waiters.forEach(({ reject }) => reject(problem));
    },
  };
}
