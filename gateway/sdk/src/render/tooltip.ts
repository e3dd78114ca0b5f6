import type { Turn } from "../presenter";
import type { Step } from "../types";
import { follow, place } from "./anchor";
import { action, cross, h, text, words } from "./elements";
import { announce, onEscape, put } from "./stage";

/** A hint beside an element; as a beacon first a pulsing dot, which opens the hint. It waits until the element is on the page. */
export function tooltip(step: Step, isBeacon: boolean): Turn {
  const { payload } = step;
  return { mount: () => mount(step, isBeacon, text(payload, "title"), text(payload, "body")) };
}

function mount(step: Step, isBeacon: boolean, title: string, body: string): () => void {
  const { payload } = step;
  let box: DOMRect | undefined;
  let isOpen = !isBeacon;

  const hint = h(
    "section",
    { class: "card hint", role: "dialog", tabindex: -1 },
    cross(payload, () => step.dismiss()),
    ...words(payload),
    h(
      "div",
      { class: "actions" },
      action(payload, "secondary", "secondary", () => step.skip()),
      action(payload, "primary", "primary", () => step.complete(), "OK"),
    ),
  );
  const dot = h("button", {
    class: "beacon",
    type: "button",
    "aria-label": title || "Hint",
    "aria-expanded": "false",
    onclick: () => toggle(!isOpen),
  });

  function draw(): void {
    const wasHidden = hint.hidden;
    hint.hidden = !box || !isOpen;
    dot.hidden = !box;
    if (!box) return;
    dot.style.left = `${box.right}px`;
    dot.style.top = `${box.top}px`;
    if (hint.hidden) return;
    place(hint, box, text(payload, "placement"));
    if (wasHidden && !isBeacon) announce(title, body);
  }

  function toggle(open: boolean): void {
    isOpen = open;
    dot.setAttribute("aria-expanded", `${open}`);
    draw();
    // Whoever opened it wants to read it; closing leads back to the dot.
    (open ? hint : dot).focus();
  }

  hint.hidden = true;
  dot.hidden = true;
  const ends = [
    put(hint),
    ...(isBeacon ? [put(dot)] : []),
    onEscape(() => {
      if (hint.hidden) return false;
      if (isBeacon) toggle(false);
      else void step.dismiss();
      return true;
    }),
    follow(text(payload, "selector") || "body", (found) => {
      box = found;
      draw();
    }),
  ];
  return () => ends.forEach((end) => end());
}
