/** The history of a value for undo and redo. Immutable. */
export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  /** The subject and time of the last change. Changes of the same subject in quick succession are one step. */
  last?: { about: string; at: number };
}

const limit = 200;
const quick = 1_500;

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [] });

export function record<T>(history: History<T>, present: T, about: string, at: number): History<T> {
  if (present === history.present) return history;
  const { last } = history;
  const continues =
    about !== "" && last !== undefined && last.about === about && at - last.at < quick && history.past.length > 0;
  return {
    past: continues ? history.past : [...history.past, history.present].slice(-limit),
    present,
    future: [],
    last: { about, at },
  };
}

export function undo<T>(history: History<T>): History<T> {
  const present = history.past.at(-1);
  return present === undefined
    ? history
    : { past: history.past.slice(0, -1), present, future: [history.present, ...history.future] };
}

export function redo<T>(history: History<T>): History<T> {
  const [present, ...future] = history.future;
  return present === undefined ? history : { past: [...history.past, history.present], present, future };
}
