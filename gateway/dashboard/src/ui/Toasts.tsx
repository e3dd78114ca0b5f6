import { Notification } from "@mantine/core";
import { useEffect, useSyncExternalStore } from "react";
import { messageOf } from "./States";
import classes from "./Toasts.module.css";

interface Toast {
  id: number;
  message: string;
  failed: boolean;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

/** Shows a short message that something was done or failed. */
export function toast(message: string, failed = false): void {
  change([...toasts, { id: ++lastId, message, failed }].slice(-4));
}

/** Runs a call whose only feedback is a toast: what was done, or why it failed. */
export async function attempt<T>(work: Promise<T>, done?: string): Promise<T | undefined> {
  try {
    const result = await work;
    if (done) toast(done);
    return result;
  } catch (error) {
    toast(messageOf(error), true);
    return undefined;
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className={classes.toasts} role="status" aria-live="polite">
      {shown.map((each) => (
        <One key={each.id} toast={each} />
      ))}
    </div>
  );
}

function One({ toast: { id, message, failed } }: { toast: Toast }) {
  const close = () => change(toasts.filter((each) => each.id !== id));
  useEffect(() => {
    // Failures stay until they are closed.
    if (failed) return undefined;
    const timer = setTimeout(close, 4_000);
    return () => clearTimeout(timer);
  });
  return (
    <Notification
      color={failed ? "red" : "teal"}
      onClose={close}
      closeButtonProps={{ "aria-label": "Dismiss" }}
      withBorder
    >
      {message}
    </Notification>
  );
}
