import { attempt } from "./attempt";

/** Logs a problem once, if the page has enabled `debug`. */
export type Log = (message: string) => void;

export function createLog(debug: boolean): Log {
  const said = new Set<string>();
  return (message) => {
    if (!debug || said.has(message)) return;
    said.add(message);
    console.warn(`[DAP] ${message}`);
  };
}

/** Returns what a call returns. When it throws, logs the error and returns nothing. */
export const guarded = <Result>(call: () => Result, log: Log): Result | undefined =>
  attempt(call, (problem) => log(`Unexpected error: ${problem}`));
