export interface Retry {
  /** Returns the remaining wait in milliseconds; 0 or less when there is none. */
  left(): number;
  /** Whether the gateway asked for the present wait. */
  isAsked(): boolean;
  /** Records a failure. `first` is called before the wait when it is the first failure in a row. */
  fail(afterMs: number | undefined, byGateway: boolean, first: () => void): void;
  succeed(): void;
  /** Ends the wait because a retry may succeed now, unless the gateway asked for it. */
  forgive(): void;
  /** Runs an action that may call `forgive`, and keeps the number of failures nevertheless. */
  counting<Result>(action: () => Result): Result;
}

export const longestRestMs = 60_000;

/**
 * Decides when to retry. The base is 1 second, doubled with each failure in a row up to 60 seconds. One half of it is
 * fixed and the other is random, which gives 0.5 to 1 second at first and 30 to 60 seconds in the end. A delay that the
 * gateway asks for replaces the fixed half.
 */
export function createRetry(): Retry {
  let failures = 0;
  let until = 0;
  let byGateway = false;

  return {
    left: () => until - Date.now(),
    isAsked: () => byGateway && Date.now() < until,
    fail(afterMs, isByGateway, first) {
      byGateway = isByGateway;
      if (failures++ === 0) first();
      const backOff = Math.min(longestRestMs, 1_000 * 2 ** (failures - 1));
      // The random part spreads the retries of pages that were refused at the same time.
      until = Date.now() + (afterMs ?? backOff / 2) + (Math.random() * backOff) / 2;
    },
    succeed: () => void (failures = 0),
    forgive() {
      if (!byGateway) failures = until = 0;
    },
    counting(action) {
      const before = failures;
      const result = action();
      failures = before;
      return result;
    },
  };
}
