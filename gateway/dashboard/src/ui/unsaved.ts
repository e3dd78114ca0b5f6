import { useEffect, useRef } from "react";

/** Something on the page that may have changes which are not saved. */
interface Work {
  name: string;
  isDirty: () => boolean;
  /** Saves now; true when everything is saved. Absent where only its author can decide to save. */
  save?: () => Promise<boolean>;
  /** Gives up what is not saved, so that nothing goes on trying. */
  drop?: () => void;
}

const all = new Set<{ current: Work }>();

/** Has others ask about this work before they take its page away. */
export function useUnsaved(work: Work): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    all.add(latest);
    return () => void all.delete(latest);
  }, []);
}

/** Saves what can be saved, and names the rest. */
export async function saveAll(): Promise<string[]> {
  const dirty = [...all].map((each) => each.current).filter((work) => work.isDirty());
  const saved = await Promise.all(dirty.map((work) => work.save?.() ?? false));
  return dirty.filter((_, i) => !saved[i]).map(({ name }) => name);
}

/** Gives up all of it: whoever comes next must not save it in their name, or on their site. */
export function dropAll(): void {
  for (const { current } of all) current.drop?.();
}
