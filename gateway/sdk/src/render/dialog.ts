import type { JsonObject } from "../types";
import { type Child, cross, h, text } from "./elements";
import { onEscape } from "./escape";
import { announce, put } from "./stage";

/** Puts a dialog over the page, or a card into its corner, and returns what takes it away. */
export function openDialog(
  payload: JsonObject,
  kind: "modal" | "corner",
  dismiss: () => unknown,
  ...children: Child[]
): () => void {
  const canClose = payload.dismissible !== false;
  // The browser itself is not to close it: it stays until its step has gone, and for good where it may not be closed.
  const cancel = (event: Event): void => {
    event.preventDefault();
    close();
  };
  const close = (): true => {
    if (canClose) dismiss();
    return true;
  };
  const dialog = h(
    "dialog",
    { class: `card ${kind}`, closedby: "none", oncancel: cancel },
    canClose && cross(payload, dismiss),
    ...children,
  );
  const show = (): void => {
    dialog.showModal();
    (dialog.querySelector<HTMLElement>("input, textarea, .primary") ?? dialog).focus();
  };
  const stay = put([dialog], () => {
    // The page had taken it away, and what is taken away is modal no longer.
    if (kind === "corner" || !dialog.open || dialog.matches(":modal")) return;
    dialog.close();
    show();
  });
  const end = onEscape(dialog, close);

  if (kind === "modal") show();
  else {
    dialog.show();
    announce(dialog, text(payload, "title"), text(payload, "body"));
  }
  return () => {
    // Gives the focus back to where it was.
    dialog.close();
    stay.remove();
    end();
  };
}
