import { attempt } from "./attempt";

/**
 * Calls `visited` for every address that the page shows, including changes by scripts, and when the browser restores
 * the page from its cache.
 */
export function trackPages(visited: () => void, over: AbortSignal): void {
  let shown = "";
  const look = (): void => {
    if (over.aborted || location.href === shown) return;
    shown = location.href;
    visited();
  };

  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    const ours = function (this: History, ...args: Parameters<typeof original>) {
      original.apply(this, args);
      // Runs after the router, so that the title fits the address.
      setTimeout(look);
    };
    history[name] = ours;
    // Restores the original unless another script has wrapped ours.
    over.addEventListener("abort", () => {
      if (history[name] === ours) history[name] = original;
    });
  }
  const options = { signal: over };
  addEventListener("popstate", () => setTimeout(look), options);
  addEventListener("hashchange", look, options);
  addEventListener("pageshow", (event) => event.persisted && visited(), options);
  look();
}

/** Calls `clicked` for every click on or within an element that a selector matches, including open shadow roots. */
export function watchClicks(
  selectors: () => readonly string[],
  clicked: (selector: string) => void,
  over: AbortSignal,
): void {
  // Listens in the capture phase, because the page may stop the propagation of the event.
  document.addEventListener(
    "click",
    (event) => {
      const path = event.composedPath().filter((each) => each instanceof Element);
      selectors()
        .filter((selector) => path.some((element) => hits(element, selector.split(">>>"))))
        .forEach(clicked);
    },
    { capture: true, signal: over },
  );
}

// `host >>> inner` is an element in the open shadow root of a host.
function hits(element: Element | undefined, parts: string[]): boolean {
  return (
    // The browser may not support the selector.
    !!attempt(() => element?.matches(parts.at(-1)!)) &&
    (parts.length < 2 || hits((element!.getRootNode() as ShadowRoot).host, parts.slice(0, -1)))
  );
}
