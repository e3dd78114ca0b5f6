/** Tells where the element is that a selector names, whenever that may have changed; undefined while it is not to be seen. */
export function follow(selector: string, placed: (box: DOMRect | undefined) => void): () => void {
  let frame = 0;
  const look = (): void => {
    frame = 0;
    const box = find(selector)?.getBoundingClientRect();
    placed(box && box.width + box.height > 0 ? box : undefined);
  };
  const soon = (): void => {
    frame ||= requestAnimationFrame(look);
  };

  const mutations = new MutationObserver(soon);
  mutations.observe(document.documentElement, { childList: true, subtree: true, attributes: true });
  addEventListener("scroll", soon, true);
  addEventListener("resize", soon);
  // Fonts, pictures and transitions move things without telling.
  const timer = setInterval(soon, 500);
  soon();

  return () => {
    cancelAnimationFrame(frame);
    clearInterval(timer);
    mutations.disconnect();
    removeEventListener("scroll", soon, true);
    removeEventListener("resize", soon);
  };
}

function find(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    return null;
  }
}

const margin = 12;
const sides = ["bottom", "top", "right", "left"];

/** Moves a card to a side of the box where it has room: the wanted one, else the first that fits. */
export function place(card: HTMLElement, box: DOMRect, wanted: string): void {
  const { offsetWidth: width, offsetHeight: height } = card;
  const { clientWidth, clientHeight } = document.documentElement;
  const room: Record<string, number> = {
    bottom: clientHeight - box.bottom - height,
    top: box.top - height,
    right: clientWidth - box.right - width,
    left: box.left - width,
  };
  const side = [wanted, ...sides].find((each) => room[each]! >= margin * 2) ?? "bottom";
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
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
  card.style.setProperty("--arrow", `${isBeside ? box.top + box.height / 2 - top : box.left + box.width / 2 - left}px`);
}
