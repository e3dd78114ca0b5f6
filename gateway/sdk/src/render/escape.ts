interface Closer {
  card: Element;
  close(): boolean;
}

const closers: Closer[] = [];

/**
 * Offers the Escape key to the card that was shown last, then to the ones before it, until one handles it. Returns a
 * function that ends this.
 */
export function onEscape(card: Element, close: () => boolean): () => void {
  const closer = { card, close };
  // Listens on the window, so that the page's handlers run first.
  if (closers.length === 0) addEventListener("keydown", closeTop);
  closers.unshift(closer);
  return () => {
    closers.splice(closers.indexOf(closer), 1);
    if (closers.length === 0) removeEventListener("keydown", closeTop);
  };
}

function closeTop(event: KeyboardEvent): void {
  // The page may have handled the key, and the last key of an IME composition (229) belongs to the composition.
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const hosts = closers.map(({ card }) => (card.getRootNode() as ShadowRoot).host);
  // The browser closes a popover of the page itself, without an event that could be prevented.
  if (hasPopover(document, hosts)) return;
  if (closers.some(({ card, close }) => isInFront(card) && close())) event.preventDefault();
}

// Skips cards that are out of view, covered, or made inert by a modal dialog of the page.
function isInFront(card: Element): boolean {
  const box = card.getBoundingClientRect();
  const hit = (card.getRootNode() as ShadowRoot).elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return card.contains(hit);
}

// Whether the page has an open popover that Escape closes, other than one that contains a card of the SDK.
function hasPopover(root: ParentNode, hosts: Element[]): boolean {
  return [...root.querySelectorAll<HTMLElement>("*")].some(
    (each) =>
      (each.popover &&
        each.popover !== "manual" &&
        each.matches(":popover-open") &&
        !hosts.some((host) => each.contains(host))) ||
      (each.shadowRoot && hasPopover(each.shadowRoot, hosts)),
  );
}
