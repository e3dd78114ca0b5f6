/// <reference path="../css.d.ts" />

import { h } from "./elements";
import css from "./styles.css?inline";

let root: ShadowRoot | undefined;
let live: HTMLElement | undefined;
let count = 0;

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

/** Puts something on the page, apart from the page's own styles, and gives what takes it off again. */
export function put(element: HTMLElement): () => void {
  if (!root?.host.isConnected) {
    const host = h("div", { id: "dap-journeys" });
    root = host.attachShadow({ mode: "open" });
    style(root);
    live = h("div", { class: "unseen", "aria-live": "polite" });
    root.append(live);
    document.body.append(host);
  }
  name(element);
  root.append(element);
  return () => element.remove();
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
export function announce(...parts: string[]): void {
  if (live) live.textContent = parts.filter((part) => part).join(". ");
}

const closers: (() => boolean)[] = [];

function closeTop(event: KeyboardEvent): void {
  // The page may have used the key for something of its own.
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (closers.some((close) => close())) event.preventDefault();
}

/** Offers Escape to what was shown last, then to what was before it, until one says that it took it. Gives what ends that. */
export function onEscape(close: () => boolean): () => void {
  if (closers.length === 0) document.addEventListener("keydown", closeTop);
  closers.unshift(close);
  return () => {
    closers.splice(closers.indexOf(close), 1);
    if (closers.length === 0) document.removeEventListener("keydown", closeTop);
  };
}
