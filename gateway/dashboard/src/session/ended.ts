import { useEffect, useSyncExternalStore } from "react";

/**
 * Handles a session that ends while a page is open: its calls wait here until the member has signed in again, so that
 * nothing typed is lost.
 */
let waiting: { result: Promise<boolean>; settle: (signedIn: boolean) => void } | undefined;
let asking = 0;
const listeners = new Set<() => void>();

const tell = () => listeners.forEach((listener) => listener());

/** Resolves to true when the same member is signed in again, and to false when another member or nobody is. */
export function waitForSignIn(): Promise<boolean> {
  if (!waiting) {
    let settle: (signedIn: boolean) => void = () => {};
    const result = new Promise<boolean>((resolve) => (settle = resolve));
    waiting = { result, settle };
    tell();
  }
  return waiting.result;
}

/** Registers that the calling component asks the member to sign in again. */
export function useAsking(): void {
  useEffect(() => {
    asking++;
    return () => void asking--;
  }, []);
}

/** Whether a component asks. Otherwise a call would wait forever. */
export const isAsked = (): boolean => asking > 0;

export const isWaitedFor = (): boolean => waiting !== undefined;

/** Lets the waiting calls continue, or fail. */
export function settleSignIn(signedIn: boolean): void {
  const before = waiting;
  waiting = undefined;
  before?.settle(signedIn);
  tell();
}

/** Whether the session has ended and the page waits for the member. */
export const useSessionEnded = (): boolean =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, isWaitedFor);
