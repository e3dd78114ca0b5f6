const margin = 12;
const sides = ["bottom", "top", "right", "left"];

/**
 * Moves a card to a side of the box: the wanted one if it fits, else the first that fits. Returns false if none does.
 */
export function place(card: HTMLElement, box: DOMRect, wanted: string): boolean {
  const { scale } = measure(card);
  const [width, height] = [card.offsetWidth * scale, card.offsetHeight * scale];
  const { clientWidth, clientHeight } = document.documentElement;
  const room: Record<string, number> = {
    bottom: clientHeight - box.bottom - height,
    top: box.top - height,
    right: clientWidth - box.right - width,
    left: box.left - width,
  };
  const side = [wanted, ...sides].find((each) => room[each]! >= margin * 2);
  if (!side) return false;
  const isBeside = side === "left" || side === "right";
  const keep = (at: number, size: number, limit: number): number =>
    Math.max(margin, Math.min(at, limit - size - margin));

  const left = isBeside
    ? side === "right"
      ? box.right + margin
      : box.left - width - margin
    : keep(box.left + box.width / 2 - width / 2, width, clientWidth);
  const top = isBeside
    ? keep(box.top + box.height / 2 - height / 2, height, clientHeight)
    : side === "bottom"
      ? box.bottom + margin
      : box.top - height - margin;
  card.dataset.side = side;
  move(card, left, top);
  const arrow = isBeside ? box.top + box.height / 2 - top : box.left + box.width / 2 - left;
  card.style.setProperty("--arrow", `${arrow / scale}px`);
  return true;
}

/** Moves a card to a point of the window. */
export function move(card: HTMLElement, left: number, top: number): void {
  const { origin, scale } = measure(card);
  card.style.left = `${(left - origin.left) / scale}px`;
  card.style.top = `${(top - origin.top) / scale}px`;
}

// Returns the origin and the scale of lengths, because a page may transform or zoom its root. The host is 100 pixels
// wide.
function measure(card: HTMLElement): { origin: DOMRect; scale: number } {
  const origin = (card.getRootNode() as ShadowRoot).host.getBoundingClientRect();
  return { origin, scale: origin.width / 100 || 1 };
}
