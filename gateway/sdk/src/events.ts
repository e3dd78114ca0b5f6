import { guarded, type Log } from "./log";
import type { Happenings, JourneyOptions } from "./types";

/** Who listens to what. */
export type Handlers = { [Name in keyof Happenings]?: Set<(...args: Happenings[Name]) => void> };

/** Calls whoever listens. */
export type Emit = <Name extends keyof Happenings>(name: Name, ...args: Happenings[Name]) => void;

/** Adds a handler; returns a function that removes it. */
export function addHandler<Name extends keyof Happenings>(
  handlers: Handlers,
  name: Name,
  handler: (...args: Happenings[Name]) => void,
): () => void {
  const set = (handlers[name] ??= new Set() as Handlers[Name])! as Set<typeof handler>;
  set.add(handler);
  return () => void set.delete(handler);
}

/** Calls the handlers that `on` added, and then the one that `init` was given. One that throws does not stop the others. */
export function createEmit(handlers: Handlers, options: JourneyOptions, log: Log): Emit {
  return (name, ...args) => {
    for (const handler of [...(handlers[name] ?? [])]) guarded(() => handler(...args), log);
    const option = {
      journeyStart: options.onJourneyStart,
      stepComplete: options.onStepComplete,
      journeyComplete: options.onJourneyComplete,
    }[name as string];
    if (option) guarded(() => (option as (...all: unknown[]) => void).apply(options, args), log);
  };
}
