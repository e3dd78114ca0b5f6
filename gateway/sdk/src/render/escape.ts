interface Closer {
  card: Element;
  close(): boolean;
}

const closers: Closer[] = [];

/**
 * Offers Escape to what was shown last, then to what was before it, until one says that it took it. Returns what ends
 * that.
 */
export function onEscape(card: Element, close: () => boolean): () => void {
  const closer = { card, close };
  // At the window, because the page hears keys before that.
  if (closers.length === 0) addEventListener("keydown", closeTop);
  closers.unshift(closer);
  return () => {
    closers.splice(closers.indexOf(closer), 1);
    if (closers.length === 0) removeEventListener("keydown", closeTop);
  };
}

function closeTop(event: KeyboardEvent): void {
  // The page may have used the key for something of its own, and the last key of a composition (229) belongs to it.
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const hosts = closers.map(({ card }) => (card.getRootNode() as ShadowRoot).host);
  // The browser closes it without telling.
  if (hasPopover(document, hosts)) return;
  if (closers.some(({ card, close }) => isInFront(card) && close())) event.preventDefault();
}

// What is out of sight, covered, or cut off by a modal dialog of the page does not take the key.
function isInFront(card: Element): boolean {
  const box = card.getBoundingClientRect();
  const hit = (card.getRootNode() as ShadowRoot).elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return card.contains(hit);
}

// A menu or the like of the page that Escape is for; not one in which something of ours is shown.
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
