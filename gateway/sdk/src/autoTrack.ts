/** Calls once for every address that the page shows, also when a script changes the address, and when the browser brings the page back. */
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
      // After the router has had its turn, so that the title fits.
      setTimeout(look);
    };
    history[name] = ours;
    // Unless another script has put its own around it.
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

/** Calls for every click on, or within, an element that one of the selectors names. */
export function watchClicks(
  selectors: () => readonly string[],
  clicked: (selector: string) => void,
  over: AbortSignal,
): void {
  const hits = (target: Element, selector: string): boolean => {
    try {
      return !!target.closest(selector);
    } catch {
      // Not a selector that this browser knows.
      return false;
    }
  };
  // In the capture phase, because the page may stop the event on its way.
  document.addEventListener(
    "click",
    (event) => {
      const target = event.composedPath()[0];
      if (target instanceof Element)
        selectors()
          .filter((selector) => hits(target, selector))
          .forEach(clicked);
    },
    { capture: true, signal: over },
  );
}
