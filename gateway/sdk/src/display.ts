import type { IdentityKeeper } from "./identity";
import type { Journeys } from "./journeys";
import type { Outbox } from "./outbox/outbox";
import type { LoadRenderer, Page, Present } from "./render/presenter";

export interface Display {
  /** Shows the steps that are due now, and removes all others. */
  redraw(): void;
  /** Removes everything from the page. */
  takeOff(): void;
}

/**
 * Shows steps with a renderer that is loaded for the first step. If loading fails, the next change of positions tries
 * again.
 */
export function createDisplay(
  page: Page,
  loadRenderer: LoadRenderer,
  identity: IdentityKeeper,
  journeys: Journeys,
  outbox: Outbox,
  over: AbortSignal,
): Display {
  let isLoading = false;
  let show: Present | undefined;

  function redraw(): void {
    if (over.aborted) return;
    if (show) page.inTurn(() => show!(journeys.all(), identity.person(), outbox.waiting()));
    else if (!isLoading && journeys.all().some(({ step }) => step)) void load();
  }

  async function load(): Promise<void> {
    isLoading = true;
    try {
      const render = await loadRenderer();
      show = render(page);
      redraw();
    } catch {
      isLoading = false;
      page.log("The renderer script could not be loaded; the SDK will retry.");
    }
  }

  return {
    redraw,
    takeOff() {
      show?.([], identity.person(), []);
      document.getElementById("dap-journeys")?.remove();
    },
  };
}
