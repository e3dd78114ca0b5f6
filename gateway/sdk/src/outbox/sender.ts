import type { Who } from "../identity";
import { type DapError, visitorJoined } from "../problem";
import type { Answer, Transport } from "../transport";
import type { JsonObject } from "../types";
import { bodyOf, isOfUser, nextBatch, pathOf } from "./batch";
import type { Entry } from "./entry";
import type { Queue } from "./queue";
import { createRetry, longestRestMs } from "./retry";

export interface Sender {
  /** Sends the waiting entries after this number of milliseconds, but not before a wait is over. */
  schedule(delay: number): void;
  onTheWay(): readonly Entry[];
  /** Hands over to the browser the entries that are not being sent. */
  leave(): void;
  /** Ends a wait that the gateway did not ask for. */
  forgive(): void;
  /** Stops sending, and ignores answers that still arrive. */
  halt(): void;
}

export interface SenderSetup {
  transport: Transport;
  who(): Who;
  /**
   * Returns a new anonymous id in place of one that belongs to a user by now; undefined if it was not of this browser.
   */
  renew(anonymousId: string): string | undefined;
  /** Returns the data that is added to events. */
  about(): JsonObject;
  failed(error: DapError): void;
}

// A key or an origin that is refused stays refused for this page.
const hopeless = /^(INVALID_KEY|KEY_REVOKED|NO_CREDENTIALS|PUBLISHABLE_KEY|ORIGIN_NOT_ALLOWED)$/;

/** Sends the queue, one call after the other, and decides by each answer how to continue. */
export function createSender(
  queue: Queue,
  { transport, who, renew, about, failed }: SenderSetup,
  done: (batch: readonly Entry[], body: JsonObject) => void,
  refused: (entry: Entry, error: DapError) => void,
): Sender {
  const retry = createRetry();
  let onTheWay: readonly Entry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let oneByOne = 0;
  let isHalted = false;

  function schedule(delay: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), Math.max(delay, retry.left()));
  }

  function next(): readonly Entry[] {
    queue.dropDone();
    return nextBatch(queue.all(), oneByOne > 0);
  }

  async function run(): Promise<void> {
    if (onTheWay.length > 0 || isHalted || navigator.onLine === false) return;
    if (retry.left() > 0) return schedule(0);

    for (let batch = next(); batch.length > 0; batch = next()) {
      onTheWay = batch;
      const answer = await transport.post(pathOf(batch), bodyOf(batch, who(), about));
      onTheWay = [];
      if (isHalted || !settle(batch, answer)) return;
    }
  }

  // Returns whether to send the next call immediately.
  function settle(batch: readonly Entry[], answer: Answer): boolean {
    if (answer.kind === "done") {
      retry.succeed();
      oneByOne = Math.max(0, oneByOne - 1);
      batch.forEach(queue.remove);
      done(batch, answer.body);
      return true;
    }

    const { error } = answer;
    if (answer.kind === "later") return rest(answer.afterMs, error, answer.afterMs !== undefined);
    const { person } = batch[0]!;
    // Waits longer each time, in case a gateway refuses every visitor.
    if (error.reason === visitorJoined && "anonymousId" in person && retry.counting(() => readdress(person)))
      return rest(undefined, error, false);
    if (hopeless.test(error.reason)) {
      isHalted = true;
      failed(error);
      return false;
    }
    if (/^USER_TOKEN/.test(error.reason) && isOfUser(person, who())) return rest(longestRestMs, error, false);
    return refuse(batch, error);
  }

  function rest(afterMs: number | undefined, error: DapError, byGateway: boolean): false {
    retry.fail(afterMs, byGateway, () => failed(error));
    schedule(0);
    return false;
  }

  // Returns whether the visitor is of this browser, so that the entries can be sent under the new id.
  function readdress(old: { anonymousId: string }): boolean {
    const anonymousId = renew(old.anonymousId);
    if (!anonymousId) return who().anonymousId === old.anonymousId;
    queue.readdress(old, anonymousId);
    return true;
  }

  // Sends the events of a refused batch one by one, so that one invalid event does not fail the others.
  function refuse(batch: readonly Entry[], error: DapError): true {
    if (batch.length > 1) {
      oneByOne = batch.length;
      return true;
    }
    const entry = batch[0]!;
    // The clock of the device is wrong by a month. The event is sent without its time, because the event itself matters
    // more.
    if (entry.event?.time && error.errors.some(({ field }) => field?.endsWith(".time"))) {
      delete entry.event.time;
      return true;
    }
    oneByOne = Math.max(0, oneByOne - 1);
    queue.remove(entry);
    refused(entry, error);
    return true;
  }

  return {
    schedule,
    onTheWay: () => onTheWay,
    // The browser does not report whether a call arrived, so all entries stay in the queue until they are acknowledged,
    // now or by the next page.
    leave() {
      if (isHalted || retry.isAsked()) return;
      let left = queue.all().filter((entry) => !onTheWay.includes(entry) && !queue.isDone(entry));
      for (let isTaken = true; isTaken && left.length > 0; ) {
        const batch = nextBatch(left, oneByOne > 0);
        isTaken = transport.leave(pathOf(batch), bodyOf(batch, who(), about));
        left = left.slice(batch.length);
      }
    },
    forgive: retry.forgive,
    halt() {
      isHalted = true;
      clearTimeout(timer);
    },
  };
}
