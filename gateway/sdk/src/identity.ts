import { toJson } from "./json";
import type { Storage } from "./storage";

/** Whom a call is about, as the gateway takes it. */
export type Person = { userId: string } | { anonymousId: string };

export interface Who {
  anonymousId: string;
  userId: string;
  userToken?: string;
  /** The visitor's id before, which could not be used any more. */
  was?: string;
}

export interface IdentityKeeper {
  /** Who is meant now. */
  who(): Who;
  /** The same, as calls name them. */
  person(): Person;
  /** Says that it is this user. Another one than before gets a visitor's id of their own. */
  become(userId: string, userToken?: string): void;
  /** Begins a new visitor. */
  reset(): void;
  /** Replaces that visitor's id by another in this browser, and returns it; also later, and in other tabs. */
  renew(anonymousId: string): string | undefined;
  /** Has a function called for every change. */
  onChange(listen: (change: IdentityChange) => void): void;
}

const key = "who";

export const isSame = (a: Person, b: Person): boolean => toJson(a) === toJson(b);

/** What has changed: another person is meant, or the same with another token; and whether another tab said so. */
export type IdentityChange = { isOther: boolean; isElsewhere: boolean };

/** Keeps who the person is; all tabs agree on it. `forgotten` is called when another one has removed it. */
export function createIdentity(storage: Storage, makeId: () => string, forgotten: () => void): IdentityKeeper {
  let changed: (change: IdentityChange) => void = () => undefined;
  const fresh = (): Who => ({ anonymousId: makeId(), userId: "" });
  let who = storage.get<Who>(key) ?? fresh();
  storage.set(key, who);

  storage.onChange((changedKey) => {
    if (changedKey !== key) return;
    const next = storage.get<Who>(key);
    if (next) use(next, true);
    else forgotten();
  });

  function use(next: Who, isElsewhere = false): void {
    const before = who;
    who = next;
    const isOther = !isSame(personOf(before), personOf(next));
    if (isOther || before.userToken !== next.userToken) changed({ isOther, isElsewhere });
  }

  function keep(next: Who): void {
    storage.set(key, next);
    use(next);
  }

  return {
    who: () => who,
    person: () => personOf(who),
    become(userId, userToken) {
      const anonymousId = who.userId && who.userId !== userId ? makeId() : who.anonymousId;
      keep({ anonymousId, userId, ...(userToken && { userToken }) });
    },
    reset: () => keep(fresh()),
    renew(anonymousId) {
      if (who.anonymousId === anonymousId) keep({ ...who, anonymousId: makeId(), was: anonymousId });
      return who.was === anonymousId ? who.anonymousId : undefined;
    },
    onChange: (listen) => void (changed = listen),
  };
}

const personOf = (who: Who): Person => (who.userId ? { userId: who.userId } : { anonymousId: who.anonymousId });
