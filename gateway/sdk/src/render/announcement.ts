import type { Step } from "../types";
import { openDialog } from "./dialog";
import { action, cross, h, text, words } from "./elements";
import type { Turn } from "./presenter";
import { announce, put } from "./stage";

/** A dialog in the middle of the page, or a banner at its top or bottom. */
export function announcement(step: Step): Turn {
  const { payload } = step;
  const isBanner = payload.style === "banner";
  const buttons = () =>
    h(
      "div",
      { class: "actions" },
      action(payload, "secondary", "secondary", () => step.skip()),
      action(payload, "primary", "primary", () => step.complete(), isBanner ? "" : "OK"),
    );

  function banner(): () => void {
    const element = h(
      "section",
      { class: `card banner ${payload.position === "bottom" ? "bottom" : "top"}` },
      h("div", { class: "words" }, ...words(payload)),
      buttons(),
      cross(payload, () => (payload.primary ? step.dismiss() : step.complete())),
    );
    const { remove } = put([element]);
    announce(element, text(payload, "title"), text(payload, "body"));
    return remove;
  }

  return isBanner
    ? { slot: "banner", mount: banner }
    : { slot: "dialog", mount: () => openDialog(payload, "modal", () => step.dismiss(), ...words(payload), buttons()) };
}
