import { toJson } from "./json";
import type { Storage } from "./storage";

/** The person of a call, as the gateway takes it. */
export type Person = { userId: string } | { anonymousId: string };

export interface Who {
  anonymousId: string;
  userId: string;
  userToken?: string;
  /** The previous anonymous id, if it could no longer be used. */
  was?: string;
}

export interface IdentityKeeper {
  /** Returns the present person. */
  who(): Who;
  /** Returns the present person as calls name them. */
  person(): Person;
  /** Sets the user. A user other than the previous one gets a new anonymous id. */
  become(userId: string, userToken?: string): void;
  /** Starts a new visitor. */
  reset(): void;
  /** Replaces this anonymous id by another one in this browser and returns that one, also later and in other tabs. */
  renew(anonymousId: string): string | undefined;
  /** Calls a function for every change. */
  onChange(listen: (change: IdentityChange) => void): void;
}

const key = "who";

export const isSame = (a: Person, b: Person): boolean => toJson(a) === toJson(b);

/** A change: whether another person is meant or only the token changed, and whether another tab made it. */
export type IdentityChange = { isOther: boolean; isElsewhere: boolean };

/** Stores who the person is, shared by all tabs. `forgotten` is called when another tab has removed it. */
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
