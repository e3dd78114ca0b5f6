/// <reference path="../css.d.ts" />

import { h } from "./elements";
import { mark } from "./language";
import css from "./styles.css?inline";

/** Something that is on the page. */
export interface Put {
  /**
   * Takes it into an element of the page's top layer, outside which nothing can be pressed; without one, back to the
   * page.
   */
  into(layer: Element | undefined): void;
  remove(): void;
}

let page: ShadowRoot | undefined;
let count = 0;
// A page that always takes away what it does not know wins in the end.
let returns = 100;

// A style sheet that is made by script is not an inline style, so a strict Content-Security-Policy lets it be.
function style(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(h("style", {}, css));
  }
}

// Apart from the page's own styles.
function open(): ShadowRoot {
  const root = h("div", { id: "dap-journeys" }).attachShadow({ mode: "open" });
  style(root);
  root.append(h("div", { class: "unseen", "aria-live": "polite" }));
  return root;
}

/** Puts cards on the page. `stayed` is called whenever the page has changed and they are on it. */
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

  // Not in the body, which pages replace (Turbo, htmx), transform and zoom.
  function stay(): void {
    const host = root.host as HTMLElement;
    if (host.isConnected) return;
    (at ?? document.documentElement)?.append(host);
    if (!at) return;
    host.popover = "manual";
    at.addEventListener("toggle", rise);
    rise();
  }

  // Above what it is in, also when that opens again, and neither moved nor clipped by it.
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
      // The host leaves with its last card.
      if (!root.querySelector(".card")) root.host.remove();
    },
  };
}

// After its own words. The ids count up, because several cards may be there at once.
function name(card: HTMLElement): void {
  const [title, body] = ["h2", "p"].map((tag) => card.querySelector(tag));
  for (const [attribute, words] of [
    ["aria-labelledby", title ?? body],
    ["aria-describedby", title && body],
  ] as const) {
    if (words) card.setAttribute(attribute, (words.id ||= `words-${++count}`));
  }
}

/** Has a screen reader say what appeared without taking the focus. */
export function announce(card: Element, ...parts: string[]): void {
  const live = (card.getRootNode() as ShadowRoot).querySelector("[aria-live]");
  if (live) live.textContent = parts.filter((part) => part).join(". ");
}
