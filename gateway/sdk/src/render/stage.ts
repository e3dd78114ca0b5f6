/// <reference path="../css.d.ts" />

import { h } from "./elements";
import { mark } from "./language";
import css from "./styles.css?inline";

/** Cards on the page. */
export interface Put {
  /**
   * Moves the cards into an element of the page's top layer, because everything outside it is inert; without an
   * element, back to the page.
   */
  into(layer: Element | undefined): void;
  remove(): void;
}

let page: ShadowRoot | undefined;
let count = 0;
// Limits how often cards are put back, in case a page always removes unknown elements.
let returns = 100;

// A style sheet created by script is not an inline style, so a strict Content-Security-Policy allows it.
function style(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(h("style", {}, css));
  }
}

// Uses a shadow root, which the page's styles do not affect.
function open(): ShadowRoot {
  const root = h("div", { id: "dap-journeys" }).attachShadow({ mode: "open" });
  style(root);
  root.append(h("div", { class: "unseen", "aria-live": "polite" }));
  return root;
}

/** Puts cards on the page. `stayed` is called when the page has changed and the cards are still on it. */
export function put(cards: HTMLElement[], stayed?: () => void): Put {
  let root = (page ??= open());
  let at: Element | undefined;

  function into(layer: Element | undefined): void {
    if (layer === at) return;
    leave();
    at = layer;
    enter();
  }

  function enter(): void {
    root = at ? open() : page!;
    root.append(...cards);
    stay();
  }

  function leave(): void {
    if (!at) return;
    at.removeEventListener("toggle", rise);
    root.host.remove();
  }

  // Appends to the document element, because pages replace (Turbo, htmx), transform and zoom the body.
  function stay(): void {
    const host = root.host as HTMLElement;
    if (host.isConnected) return;
    (at ?? document.documentElement)?.append(host);
    if (!at) return;
    host.popover = "manual";
    at.addEventListener("toggle", rise);
    rise();
  }

  // A popover is above the element that contains it, even after that opens again, and is neither moved nor clipped by
  // it.
  function rise(): void {
    const host = root.host as HTMLElement;
    host.hidePopover?.();
    host.showPopover?.();
  }

  cards.forEach(name);
  cards.forEach(mark);
  enter();
  const observer = new MutationObserver(() => {
    if (!at && !root.host.isConnected && returns-- > 0) stay();
    stayed?.();
  });
  observer.observe(document, { childList: true, subtree: true });
  return {
    into,
    remove() {
      observer.disconnect();
      cards.forEach((card) => card.remove());
      leave();
      // Removes the host with its last card.
      if (!root.querySelector(".card")) root.host.remove();
    },
  };
}

// Labels a card with its own title and text. The ids count up, because several cards may be on the page.
function name(card: HTMLElement): void {
  const [title, body] = ["h2", "p"].map((tag) => card.querySelector(tag));
  for (const [attribute, words] of [
    ["aria-labelledby", title ?? body],
    ["aria-describedby", title && body],
  ] as const) {
    if (words) card.setAttribute(attribute, (words.id ||= `words-${++count}`));
  }
}

/** Lets a screen reader announce a card without moving the focus. */
export function announce(card: Element, ...parts: string[]): void {
  const live = (card.getRootNode() as ShadowRoot).querySelector("[aria-live]");
  if (live) live.textContent = parts.filter((part) => part).join(". ");
}
