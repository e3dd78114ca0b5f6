import { guarded, type Log } from "./log";
import type { DapEvents, JourneyOptions } from "./types";

/** Who listens to what. */
export type Handlers = { [Name in keyof DapEvents]?: Set<(...args: DapEvents[Name]) => void> };

/** Calls whoever listens. */
export type Emit = <Name extends keyof DapEvents>(name: Name, ...args: DapEvents[Name]) => void;

/** Adds a handler; returns a function that removes it. */
export function addHandler<Name extends keyof DapEvents>(
  handlers: Handlers,
  name: Name,
  handler: (...args: DapEvents[Name]) => void,
): () => void {
  const set = (handlers[name] ??= new Set() as Handlers[Name])! as Set<typeof handler>;
  set.add(handler);
  return () => void set.delete(handler);
}

/** Does something after everything that was given before. */
export type InTurn = (action: () => void) => void;

/** What an action gives while it is done waits until it is over. */
export function createTurns(log: Log): InTurn {
  const waiting: (() => void)[] = [];
  return (action) => {
    if (waiting.push(action) > 1) return;
    for (; waiting[0]; waiting.shift()) guarded(waiting[0], log);
  };
}

/**
 * Calls the handlers that `on` added, and then the one that `init` was given. One that throws does not stop the others,
 * and what one of them causes is told when all have heard of what caused it.
 */
export function createEmit(handlers: Handlers, options: JourneyOptions, inTurn: InTurn, log: Log): Emit {
  return (name, ...args) =>
    inTurn(() => {
      for (const handler of [...(handlers[name] ?? [])]) guarded(() => handler(...args), log);
      const option = `on${name[0]!.toUpperCase()}${name.slice(1)}` as keyof JourneyOptions;
      // What shows steps asks `onStep` itself, because of its answer.
      if (name !== "step")
        guarded(() => (options[option] as ((...all: unknown[]) => void) | undefined)?.apply(options, args), log);
    });
}
