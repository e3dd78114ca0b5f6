export interface Retry {
  /** How long to wait yet, in milliseconds; not above 0 when nothing has to wait. */
  left(): number;
  /** Whether the gateway itself said how long, and that time is not over. */
  isAsked(): boolean;
  /** A call has failed; `first` is called when it is the first in a row, before the rest begins. */
  fail(afterMs: number | undefined, byGateway: boolean, first: () => void): void;
  succeed(): void;
  /** Something has changed for the better; only a rest that the gateway asked for goes on. */
  forgive(): void;
  /** Does something that may forgive, and counts the failures on all the same. */
  counting<Result>(action: () => Result): Result;
}

export const longestRestMs = 60_000;

/**
 * When to try again. The base is 1 second, doubled with each failure in a row up to 60 seconds; of it one half is fixed
 * and the other is by chance, which gives 0.5 to 1 second at first and 30 to 60 seconds at last. What the gateway asks
 * for takes the place of the fixed half.
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
      // Pages that were refused together shall not come back together.
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
