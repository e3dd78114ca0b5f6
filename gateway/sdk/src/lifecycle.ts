import type { Outbox } from "./outbox/outbox";
import type { Refresh } from "./refresh";
import type { Stream } from "./stream";

/** Follows the page: hands over what is not sent when the page is hidden or left, and asks for news when it is shown again. */
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
