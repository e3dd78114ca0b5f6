import { find } from "./find";

/** An element that is visible, or would be after scrolling. */
export interface Target {
  element: Element;
  box: DOMRect;
  isInView: boolean;
}

const lookMs = 500;
const missingLooks = 20;

/**
 * Calls `placed` with the element of a selector whenever its place may have changed, and `missing` once the element has
 * been missing for ten seconds.
 */
export function follow(
  selector: string,
  placed: (target: Target | undefined) => void,
  missing: () => void,
): () => void {
  let frame = 0;
  let looks = 0;
  let element: Element | undefined;
  // Undefined until the browser reports it in the next frame.
  let isInView: boolean | undefined;
  let wasInView = false;

  const look = (): void => {
    frame = 0;
    const found = find(selector);
    if (found !== element) {
      sight.disconnect();
      element = found;
      isInView = undefined;
      wasInView = false;
      if (found) sight.observe(found);
    }
    if (!found) placed(undefined);
    else if (isInView !== undefined) placed({ element: found, box: found.getBoundingClientRect(), isInView });
  };
  const soon = (): void => {
    frame ||= requestAnimationFrame(look);
  };
  // Also detects scrolling and clipping within the page.
  const sight = new IntersectionObserver((entries) => {
    isInView = entries.at(-1)!.isIntersecting;
    wasInView ||= isInView;
    soon();
  });
  const mutations = new MutationObserver(soon);
  mutations.observe(document, { childList: true, subtree: true, attributes: true });
  addEventListener("scroll", soon, true);
  addEventListener("resize", soon);
  // Polls, because fonts, images, transitions and shadow roots change the layout without an event.
  const timer = setInterval(() => {
    soon();
    if (document.hidden) return;
    // An element that was visible once is not missing, because the person scrolled away from it.
    looks = wasInView ? 0 : looks + 1;
    if (looks === missingLooks) missing();
  }, lookMs);
  soon();

  return () => {
    cancelAnimationFrame(frame);
    clearInterval(timer);
    sight.disconnect();
    mutations.disconnect();
    removeEventListener("scroll", soon, true);
    removeEventListener("resize", soon);
  };
}
