import type { NotShown, Step } from "../types";
import { action, cross, h, text, words } from "./elements";
import { onEscape } from "./escape";
import { layerOf } from "./find";
import { follow, type Target } from "./follow";
import { move, place } from "./place";
import type { Page, Turn } from "./presenter";
import type { Sight } from "./sightings";
import { announce, put } from "./stage";

/**
 * Shows a hint beside an element; a beacon first shows a pulsing dot, which opens the hint. Waits until the element is
 * on the page.
 */
export function tooltip(step: Step, isBeacon: boolean, page: Page, sight: Sight): Turn {
  return { isLate: true, mount: () => mount(step, isBeacon, page, sight) };
}

// The hint that last scrolled the page.
let leader: Element | undefined;

function mount(step: Step, isBeacon: boolean, { log, emit }: Page, sight: Sight): () => void {
  const { payload } = step;
  const title = text(payload, "title");
  const selector = text(payload, "selector") || "body";
  const told = new Set<NotShown>();
  let target: Target | undefined;
  let isOpen = !isBeacon;
  let isMissing = false;
  let mayScroll = !isBeacon;
  let isSeen = false;

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
    "aria-label": title || text(payload, "body") || "Hint",
    "aria-expanded": "false",
    onclick: () => toggle(!isOpen),
  });

  function draw(): void {
    const wasHidden = hint.hidden;
    const isInView = !!target?.isInView;
    if (isInView) isMissing = false;
    dot.hidden = !isInView && !isMissing;
    hint.hidden = dot.hidden || !isOpen;
    if (!isSeen && !dot.hidden) sight(step);
    isSeen ||= !dot.hidden;
    stage.into(target && layerOf(target.element));
    if (isInView) stand(target!.box);
    else if (isMissing) standAside();
    else if (target) scroll(target.element);
    if (wasHidden && !hint.hidden && !isBeacon) announce(hint, title, text(payload, "body"));
  }

  function stand(box: DOMRect): void {
    if (isBeacon) move(dot, box.right, box.top);
    if (hint.hidden) return;
    hint.classList.remove("corner");
    if (place(hint, box, text(payload, "placement"))) return;
    corner();
    tell("NO_ROOM", `There is no room beside ${selector}`);
  }

  function standAside(): void {
    const { clientWidth, clientHeight } = document.documentElement;
    // Without an element, shows the dot in the corner with its hint beside it.
    if (isBeacon) stand(new DOMRect(clientWidth - 60, clientHeight - 40, 20, 20));
    else corner();
  }

  function corner(): void {
    hint.classList.add("corner");
    hint.removeAttribute("style");
  }

  function tell(reason: NotShown, what: string): void {
    if (told.has(reason)) return;
    told.add(reason);
    log(`${what}; the step ${step.nodeId} ${isMissing || reason === "NO_ROOM" ? "is in the corner" : "is not shown"}.`);
    emit("notShown", step, reason);
  }

  // Scrolls once, and not away from another hint that is still open.
  function scroll(element: Element): void {
    if (!mayScroll || (leader?.isConnected && leader !== hint)) return;
    mayScroll = false;
    leader = hint;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ block: "center", inline: "nearest", behavior: isStill ? "instant" : "smooth" });
  }

  function toggle(open: boolean): void {
    isOpen = open;
    dot.setAttribute("aria-expanded", `${open}`);
    draw();
    // Focuses the hint that was opened; closing returns the focus to the dot.
    (open ? hint : dot).focus();
  }

  hint.hidden = true;
  dot.hidden = true;
  const stage = put(isBeacon ? [hint, dot] : [hint]);
  const ends = [
    stage.remove,
    onEscape(hint, () => {
      if (hint.hidden) return false;
      if (isBeacon) toggle(false);
      else void step.dismiss();
      return true;
    }),
    follow(
      selector,
      (found) => {
        target = found;
        draw();
      },
      () => {
        isMissing = payload.fallback !== "none";
        tell("ELEMENT_NOT_FOUND", `There is no ${selector} to be seen`);
        if (!isMissing) sight(step, "ELEMENT_NOT_FOUND");
        draw();
      },
    ),
  ];
  return () => ends.forEach((end) => end());
}
