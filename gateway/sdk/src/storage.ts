import { toJson } from "./json";

/**
 * What the browser keeps for us, all under one prefix. Where it keeps nothing, the page's memory does while it lasts.
 */
export interface Storage {
  get<Value>(key: string): Value | undefined;
  /** False when it could not be kept beyond this page. */
  set(key: string, value: unknown): boolean;
  remove(key: string): void;
  /** The keys that begin so, in order, without the prefix that all share. */
  keys(start: string): string[];
  /** Calls when another tab has changed a key. */
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
        // Full, or forbidden.
        memory.set(key, text);
        return false;
      }
    },
    remove(key) {
      memory.delete(key);
      try {
        kept?.removeItem(prefix + key);
      } catch {
        // It is forbidden by now; then nothing is read either.
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
        // As above.
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

/** The same for every page that this tab shows, so that a page finds what the one before it left. */
export function tabId(make: () => string, isKept: boolean): string {
  try {
    if (isKept) return (sessionStorage[tabKey] ??= make());
  } catch {
    // It is forbidden.
  }
  return make();
}

/** Removes all that the browser keeps. */
export function forget(tenantKey: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefixOf(tenantKey))) localStorage.removeItem(key);
    sessionStorage.removeItem(tabKey);
  } catch {
    // It is forbidden, so nothing was kept.
  }
}
