import { guarded, type Log } from "./log";
import type { DapEvents, JourneyOptions } from "./types";

/** The handlers of each event. */
export type Handlers = { [Name in keyof DapEvents]?: Set<(...args: DapEvents[Name]) => void> };

/** Calls the handlers of an event. */
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

/** Runs an action after all actions that were added before. */
export type InTurn = (action: () => void) => void;

/** Creates a queue of actions. An action that is added while another one runs waits until that one has ended. */
export function createTurns(log: Log): InTurn {
  const waiting: (() => void)[] = [];
  return (action) => {
    if (waiting.push(action) > 1) return;
    for (; waiting[0]; waiting.shift()) guarded(waiting[0], log);
  };
}

/**
 * Calls the handlers that `on` added, and then the one that `init` was given. A handler that throws does not stop the
 * others, and an event that a handler causes is emitted after all handlers have received the present one.
 */
export function createEmit(handlers: Handlers, options: JourneyOptions, inTurn: InTurn, log: Log): Emit {
  return (name, ...args) =>
    inTurn(() => {
      for (const handler of [...(handlers[name] ?? [])]) guarded(() => handler(...args), log);
      const option = `on${name[0]!.toUpperCase()}${name.slice(1)}` as keyof JourneyOptions;
      // The presenter calls `onStep` itself, because it needs the result.
      if (name !== "step")
        guarded(() => (options[option] as ((...all: unknown[]) => void) | undefined)?.apply(options, args), log);
    });
}
