import { attempt } from "./attempt";
import { toJson } from "./json";

/**
 * The browser's storage under one prefix. Falls back to the memory of the page if the browser does not allow storage.
 */
export interface Storage {
  get<Value>(key: string): Value | undefined;
  /** Stores a value. Returns false if it is only in the memory of this page. */
  set(key: string, value: unknown): boolean;
  remove(key: string): void;
  /** Returns the keys with this start, sorted, without the common prefix. */
  keys(start: string): string[];
  /** Calls `listen` when another tab has changed a key. */
  onChange(listen: (key: string) => void): void;
}

const prefixOf = (tenantKey: string): string => `dap.${tenantKey.slice(-12)}.`;
const tabKey = "dap.tab";

export function openStorage(tenantKey: string, over: AbortSignal, isKept: boolean): Storage {
  const prefix = prefixOf(tenantKey);
  const memory = new Map<string, string>();
  // The browser may forbid the storage from the start, or from some time on.
  const kept = isKept ? attempt(() => localStorage) : undefined;

  return {
    get: (key) =>
      attempt(() => JSON.parse(memory.get(prefix + key) ?? kept?.getItem(prefix + key) ?? "null")) ?? undefined,
    set(key, value) {
      const text = toJson(value);
      memory.set(prefix + key, text);
      return !!attempt(() => {
        kept!.setItem(prefix + key, text);
        return memory.delete(prefix + key);
      });
    },
    remove(key) {
      memory.delete(prefix + key);
      attempt(() => kept?.removeItem(prefix + key));
    },
    keys: (start) =>
      [...memory.keys(), ...keysOf(kept)]
        .filter((key) => key.startsWith(prefix + start))
        .map((key) => key.slice(prefix.length))
        .sort(),
    onChange(listen) {
      addEventListener(
        "storage",
        ({ key }) => {
          if (key?.startsWith(prefix)) listen(key.slice(prefix.length));
        },
        { signal: over },
      );
    },
  };
}

const keysOf = (storage: globalThis.Storage | undefined): string[] => attempt(() => Object.keys(storage!)) ?? [];

/** Returns an id that all pages of this tab share, so that a page finds the entries of the previous one. */
export const tabId = (make: () => string, isKept: boolean): string =>
  (isKept && attempt(() => (sessionStorage[tabKey] ??= make()))) || make();

/** Removes all stored data. */
export function forget(tenantKey: string): void {
  // If the storage is forbidden, nothing was stored.
  attempt(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefixOf(tenantKey))) localStorage.removeItem(key);
    sessionStorage.removeItem(tabKey);
  });
}
