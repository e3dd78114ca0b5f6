import type { Outbox } from "./outbox/outbox";
import type { Refresh } from "./refresh";
import type { Stream } from "./stream";

/** Follows the page: what is not sent is handed over when it goes away, and news is asked for when it comes back. */
export function followPage(outbox: Outbox, stream: Stream, refresh: Refresh): void {
  function hide(): void {
    outbox.leave();
    stream.stop();
  }

  function wake(): void {
    stream.restart();
    void refresh.now();
  }

  addEventListener("pagehide", hide);
  addEventListener("online", () => {
    outbox.retry();
    wake();
  });
  addEventListener("pageshow", (event) => event.persisted && wake());
  document.addEventListener("visibilitychange", () => (document.hidden ? hide() : wake()));
}
