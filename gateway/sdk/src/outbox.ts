import { isSame, type Person, type Who } from "./identity";
import { orderedId, timeOf } from "./ids";
import { guarded, type Log } from "./log";
import type { DapError } from "./problem";
import type { Storage } from "./storage";
import type { Answer, Transport } from "./transport";
import type { EventJson, FinishedStep, JsonObject } from "./types";

/** Something to be told to the gateway. It is kept until the gateway has said that it knows. */
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

export interface Outbox {
  /** Keeps an event; it is sent within a moment. */
  addEvent(person: Person, event: Omit<EventJson, "id">): void;
  /** Keeps a call, which is sent after everything before it, and gives its answer. */
  call(person: Person, path: string, body: JsonObject, note?: FinishedStep): Promise<JsonObject>;
  /** What has not been acknowledged, in order. */
  waiting(): readonly Entry[];
  /** Takes over what other pages have left. */
  adopt(): void;
  /** The page goes away: hands over what is not on its way. */
  leave(): void;
  /** The network may be back, or there is a new user token. A rest that the gateway asked for goes on. */
  retry(): void;
}

export interface OutboxSetup {
  transport: Transport;
  storage: Storage;
  tab: string;
  log: Log;
  who(): Who;
  /** Gives another visitor's id in place of one that belongs to a user by now; nothing when that was not of this browser. */
  renew(anonymousId: string): string | undefined;
  /** What goes along with events. */
  about(): JsonObject;
  /** Tells of every answer, also to calls of an earlier page. */
  answered(entry: Entry, body: JsonObject): void;
  failed(error: DapError): void;
}

interface Waiter {
  resolve(body: JsonObject): void;
  reject(error: DapError): void;
}

const start = "q.";
const batchMs = 300;
const eventsPerCall = 50;
const bytesPerCall = 48_000;
const mostKept = 1_000;
const staleMs = 10_000;
const oldestMs = 29 * 86_400_000;
const longestRestMs = 60_000;
// A key or an origin that is refused stays refused in this page.
/** The visitor is a user by now, and nobody has proved to be that one. */
export const visitorJoined = "VISITOR_JOINED";
const hopeless = /^(INVALID_KEY|KEY_REVOKED|NO_CREDENTIALS|PUBLISHABLE_KEY|ORIGIN_NOT_ALLOWED)$/;

export function createOutbox({
  transport,
  storage,
  tab,
  log,
  who,
  renew,
  about,
  answered,
  failed,
}: OutboxSetup): Outbox {
  const waiters = new Map<string, Waiter>();
  const adopted = new Set<string>();
  let entries: Entry[] = [];
  let onTheWay: readonly Entry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let restUntil = 0;
  let oneByOne = 0;
  let isAsked = false;
  let isHalted = false;

  function keep(entry: Entry): void {
    if (entries.length >= mostKept) {
      const oldest = entries.find((each) => each.event && !onTheWay.includes(each));
      if (oldest) forget(oldest);
      log(`More than ${mostKept} calls wait for the gateway; the oldest events are let go.`);
    }
    entries.push(entry);
    if (!storage.set(start + entry.id, entry))
      log("The browser keeps nothing for this page; what is not sent before it is closed is lost.");
  }

  function forget(entry: Entry): void {
    entries = entries.filter((each) => each !== entry);
    storage.remove(start + entry.id);
  }

  // Takes over what an earlier page of this tab left, and what other tabs seem to have left. A tab that still lives sends its own
  // too; that is the same in effect, because events have ids and the other calls may be repeated.
  function adopt(): void {
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
  }

  function schedule(delay: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), Math.max(delay, restUntil - Date.now()));
  }

  // What another page has sent meanwhile is done, and must not come after what that page said later.
  function dropDone(): void {
    entries = entries.filter(({ id }) => !adopted.has(id) || storage.get(start + id));
  }

  // The next call: one entry, or as many events of one person in a row as fit.
  function next(): Entry[] {
    dropDone();
    const first = entries[0];
    if (!first?.event || oneByOne > 0) return first ? [first] : [];
    let bytes = 0;
    const end = entries.findIndex(
      (entry, index) =>
        !entry.event ||
        index >= eventsPerCall ||
        !isSame(entry.person, first.person) ||
        ((bytes += JSON.stringify(entry.event).length * 3) > bytesPerCall && index > 0),
    );
    return entries.slice(0, end < 0 ? entries.length : end);
  }

  // Of the user who is meant now, or of the visitor that they were: nothing but the user's token opens that one once the two are joined.
  function isOfUser(person: Person): boolean {
    const { userId, anonymousId } = who();
    return !!userId && ("userId" in person ? person.userId === userId : person.anonymousId === anonymousId);
  }

  // What the visitor did is kept under the new id, and so is the joining.
  function readdress(old: { anonymousId: string }): boolean {
    const anonymousId = renew(old.anonymousId);
    if (!anonymousId) return who().anonymousId === old.anonymousId;
    for (const entry of entries) {
      const isTheirs = isSame(entry.person, old);
      if (!isTheirs && entry.body?.anonymousId !== old.anonymousId) continue;
      if (isTheirs) entry.person = { anonymousId };
      else entry.body = { ...entry.body, anonymousId };
      storage.set(start + entry.id, entry);
    }
    return true;
  }

  function bodyOf(batch: readonly Entry[]): JsonObject {
    const { person, event, body } = batch[0]!;
    const { userToken } = who();
    return {
      ...(event ? { events: batch.map((entry) => entry.event as JsonObject), ...about() } : body),
      ...person,
      ...(userToken && isOfUser(person) && { _userToken: userToken }),
    };
  }

  const pathOf = (batch: readonly Entry[]): string => batch[0]!.path ?? "/sdk/events";

  async function run(): Promise<void> {
    if (onTheWay.length > 0 || isHalted || navigator.onLine === false) return;
    if (Date.now() < restUntil) return schedule(0);

    for (let batch = next(); batch.length > 0; batch = next()) {
      onTheWay = batch;
      const answer = await transport.post(pathOf(batch), bodyOf(batch));
      onTheWay = [];
      if (!settle(batch, answer)) return;
    }
  }

  function take(entry: Entry): Waiter | undefined {
    const waiter = waiters.get(entry.id);
    waiters.delete(entry.id);
    return waiter;
  }

  // Whether to go on with the next call at once.
  function settle(batch: readonly Entry[], answer: Answer): boolean {
    if (answer.kind === "done") {
      failures = 0;
      oneByOne = Math.max(0, oneByOne - 1);
      batch.forEach(forget);
      // First what it means for the page, then whoever waits for it.
      guarded(() => answered(batch[0]!, answer.body), log);
      for (const entry of batch) take(entry)?.resolve(answer.body);
      return true;
    }

    const { error } = answer;
    if (answer.kind === "later") return rest(answer.afterMs, error, answer.afterMs !== undefined);
    const { person } = batch[0]!;
    if (error.reason === visitorJoined && "anonymousId" in person) {
      const before = failures;
      const isOurs = readdress(person);
      // Longer each time, should a gateway refuse every visitor.
      failures = before;
      if (isOurs) return rest(undefined, error, false);
    }
    if (hopeless.test(error.reason)) {
      isHalted = true;
      failed(error);
      return false;
    }
    if (/^USER_TOKEN/.test(error.reason) && isOfUser(person)) return rest(longestRestMs, error, false);
    return refuse(batch, error);
  }

  function rest(afterMs: number | undefined, error: DapError, byGateway: boolean): false {
    isAsked = byGateway;
    if (failures++ === 0) failed(error);
    const backOff = Math.min(longestRestMs, 1_000 * 2 ** (failures - 1));
    // Pages that were refused together shall not come back together.
    restUntil = Date.now() + (afterMs ?? backOff / 2) + (Math.random() * backOff) / 2;
    schedule(0);
    return false;
  }

  // One bad event must not take the others along.
  function refuse(batch: readonly Entry[], error: DapError): true {
    if (batch.length > 1) {
      oneByOne = batch.length;
      return true;
    }
    const entry = batch[0]!;
    // A device whose clock is a month behind: that it happened counts more than when.
    if (entry.event?.time && error.errors.some(({ field }) => field?.endsWith(".time"))) {
      delete entry.event.time;
      return true;
    }
    oneByOne = Math.max(0, oneByOne - 1);
    forget(entry);
    failed(error);
    take(entry)?.reject(error);
    return true;
  }

  function add(entry: Omit<Entry, "id" | "tab">, delay: number): string {
    const id = orderedId(Date.now());
    keep({ id, tab, ...entry, ...(entry.event && { event: { ...entry.event, id } }) });
    schedule(delay);
    return id;
  }

  adopt();
  schedule(0);

  return {
    addEvent: (person, event) => void add({ person, event }, batchMs),
    call(person, path, body, note) {
      return new Promise((resolve, reject) =>
        waiters.set(add({ person, path, body, ...(note && { note }) }, 0), { resolve, reject }),
      );
    },
    waiting: () => entries,
    adopt() {
      adopt();
      schedule(0);
    },
    leave() {
      if (isHalted || (isAsked && Date.now() < restUntil)) return;
      const all = entries;
      entries = entries.filter((entry) => !onTheWay.includes(entry));
      for (let batch = next(), isTaken = true; isTaken && batch.length > 0; batch = next()) {
        isTaken = transport.leave(pathOf(batch), bodyOf(batch));
        entries = entries.slice(batch.length);
      }
      // Nobody tells whether it arrived, so all of it stays until it is acknowledged, now or by the next page.
      entries = all;
    },
    retry() {
      if (!isAsked) failures = restUntil = 0;
      adopt();
      schedule(0);
    },
  };
}
