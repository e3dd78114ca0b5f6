import { useEffect, useRef } from "react";

/** A part of the page that may have unsaved changes. */
interface Work {
  name: string;
  isDirty: () => boolean;
  /** Saves now. Resolves to true when everything is saved. Absent if only the author can decide to save. */
  save?: () => Promise<boolean>;
  /** Discards unsaved changes, so that nothing retries to save them. */
  drop?: () => void;
}

const all = new Set<{ current: Work }>();

/** Registers this work, so that it is asked before its page is closed. */
export function useUnsaved(work: Work): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    all.add(latest);
    return () => void all.delete(latest);
  }, []);
}

/** Saves what can be saved, and returns the names of the rest. */
export async function saveAll(): Promise<string[]> {
  const dirty = [...all].map((each) => each.current).filter((work) => work.isDirty());
  const saved = await Promise.all(dirty.map((work) => work.save?.() ?? false));
  return dirty.filter((_, i) => !saved[i]).map(({ name }) => name);
}

/** Discards all unsaved changes, because the next member must not save them in their own name or on another site. */
export function dropAll(): void {
  for (const { current } of all) current.drop?.();
}
