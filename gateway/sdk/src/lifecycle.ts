import type { Outbox } from "./outbox/outbox";
import type { Refresh } from "./refresh";
import type { Stream } from "./stream";

/**
 * Follows the page: hands over unsent calls when the page is hidden or left, and refreshes positions when it is shown
 * again.
 */
export function followPage(outbox: Outbox, stream: Stream, refresh: Refresh, over: AbortSignal): void {
  const options = { signal: over };

  function hide(): void {
    outbox.leave();
    stream.stop();
  }

  function wake(): void {
    stream.restart();
    void refresh.now();
  }

  addEventListener("pagehide", hide, options);
  addEventListener(
    "online",
    () => {
      outbox.retry();
      wake();
    },
    options,
  );
  addEventListener("pageshow", (event) => event.persisted && wake(), options);
  document.addEventListener("visibilitychange", () => (document.hidden ? hide() : wake()), options);
}
