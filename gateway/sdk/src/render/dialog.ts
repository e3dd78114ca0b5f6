import type { JsonObject } from "../types";
import { type Child, cross, h, text } from "./elements";
import { onEscape } from "./escape";
import { announce, put } from "./stage";

/** Opens a dialog over the page, or a card in its corner, and returns a function that removes it. */
export function openDialog(
  payload: JsonObject,
  kind: "modal" | "corner",
  dismiss: () => unknown,
  ...children: Child[]
): () => void {
  const canClose = payload.dismissible !== false;
  // Prevents the browser from closing the dialog: it stays until its step is gone, and if it is not dismissible, until
  // the page ends.
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
    // The page had removed the dialog, and a removed dialog is no longer modal.
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
    // Returns the focus to where it was.
    dialog.close();
    stay.remove();
    end();
  };
}
