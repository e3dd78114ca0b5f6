/** Returns what a call returns; undefined when it throws. */
export function attempt<Result>(call: () => Result, failed?: (problem: unknown) => void): Result | undefined {
  try {
    return call();
  } catch (problem) {
    failed?.(problem);
    return undefined;
  }
}
