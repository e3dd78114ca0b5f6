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
  const kept = isKept ? usable(prefix) : undefined;

  return {
    get(key) {
      try {
        const text = memory.get(key) ?? kept?.getItem(prefix + key);
        return text ? JSON.parse(text) : undefined;
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      const text = toJson(value);
      try {
        kept!.setItem(prefix + key, text);
        memory.delete(key);
        return true;
      } catch {
        // The storage is full or forbidden.
        memory.set(key, text);
        return false;
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        kept?.removeItem(prefix + key);
      } catch {
        // The storage is forbidden by now, so nothing is read from it either.
      }
    },
    keys(start) {
      const keys = [...memory.keys()];
      try {
        for (let i = 0; i < (kept?.length ?? 0); i++) {
          const key = kept!.key(i)!;
          if (key.startsWith(prefix)) keys.push(key.slice(prefix.length));
        }
      } catch {
        // The storage is forbidden by now.
      }
      return keys.filter((key) => key.startsWith(start)).sort();
    },
    onChange(listen) {
      addEventListener(
        "storage",
        (event) => {
          if (event.key?.startsWith(prefix)) listen(event.key.slice(prefix.length));
        },
        { signal: over },
      );
    },
  };
}

function usable(prefix: string): globalThis.Storage | undefined {
  try {
    const storage = localStorage;
    storage.setItem(prefix, "1");
    storage.removeItem(prefix);
    return storage;
  } catch {
    return undefined;
  }
}

/** Returns an id that all pages of this tab share, so that a page finds the entries of the previous one. */
export function tabId(make: () => string, isKept: boolean): string {
  try {
    if (isKept) return (sessionStorage[tabKey] ??= make());
  } catch {
    // The storage is forbidden.
  }
  return make();
}

/** Removes all stored data. */
export function forget(tenantKey: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefixOf(tenantKey))) localStorage.removeItem(key);
    sessionStorage.removeItem(tabKey);
  } catch {
    // The storage is forbidden, so nothing was stored.
  }
}
