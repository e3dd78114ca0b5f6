import { type IdentityKeeper, isSame } from "./identity";
import type { Journeys } from "./journeys";
import { type DapError, visitorJoined } from "./problem";
import type { Transport } from "./transport";
import type { PositionJson } from "./types";

export interface Refresh {
  /** Requests the person's positions. Returns whether the gateway answered. */
  now(): Promise<boolean>;
  /** Sets the time of the next request. */
  plan(): void;
  stop(): void;
  /** Returns the selectors of clicks that journeys watch for, as the gateway last sent them. */
  selectors(): readonly string[];
}

export interface RefreshSetup {
  transport: Transport;
  identity: IdentityKeeper;
  journeys: Journeys;
  intervalMs: number;
  /** Aborted when the client has ended. */
  over: AbortSignal;
  /** Whether the stream is open, so that positions arrive without a request. */
  isStreaming(): boolean;
  /** Adopts the entries that other pages have left. */
  adopt(): void;
  take(positions: readonly PositionJson[]): void;
  renewVisitor(anonymousId: string): void;
  failed(error: DapError): void;
}

const overdueMs = 30_000;

/** Requests the person's positions at intervals, and when a wait is due to end. */
export function createRefresh({
  transport,
  identity,
  journeys,
  intervalMs,
  over,
  isStreaming,
  adopt,
  take,
  renewVisitor,
  failed,
}: RefreshSetup): Refresh {
  let selectors: readonly string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = 0;
  let askAgainAt = 0;

  async function now(): Promise<boolean> {
    askedAt = Date.now();
    const person = identity.person();
    const answer = await transport.get("/sdk/journeys", person, identity.who().userToken);
    if (over.aborted) return false;
    if (answer.kind !== "done") {
      if (answer.kind === "later") askAgainAt = Date.now() + (answer.afterMs ?? 0);
      failed(answer.error);
      if (answer.error.reason === visitorJoined && "anonymousId" in person) renewVisitor(person.anonymousId);
    } else if (isSame(person, identity.person())) {
      selectors = (answer.body.clickSelectors ?? []) as string[];
      take((answer.body.journeys ?? []) as PositionJson[]);
    }
    plan();
    return answer.kind === "done";
  }

  // The stream sends changes immediately. Without it, requests when the next wait is due to end.
  function plan(): void {
    clearTimeout(timer);
    if (over.aborted) return;
    const time = Date.now();
    let delay = askedAt + intervalMs - time;
    for (const { enrollment } of isStreaming() ? [] : journeys.all()) {
      const left = Date.parse(enrollment?.wakeTime ?? "") - time;
      if (left > -overdueMs) delay = Math.min(delay, Math.max(left + 300, askedAt + 1_000 - time));
    }
    delay = Math.max(delay, askAgainAt - time);
    timer = setTimeout(() => {
      adopt();
      if (!document.hidden) return void now();
      askedAt = Date.now();
      plan();
    }, delay);
  }

  return { now, plan, stop: () => clearTimeout(timer), selectors: () => selectors };
}
