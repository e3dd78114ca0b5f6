import type { PositionJson } from "./types";

export interface Stream {
  /** Listens for the person that is meant now. */
  restart(): void;
  stop(): void;
  isOpen(): boolean;
}

const longestRestMs = 60_000;

/** Hears at once when a step appears or a journey ends. `lost` is called whenever it stops hearing, with the gateway's reason if it gave one. */
export function listen(
  open: (signal: AbortSignal) => Promise<Response>,
  heard: (position: PositionJson) => void,
  lost: (reason?: string) => void,
): Stream {
  let abort: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;
  let failures = 0;

  function stop(): void {
    clearTimeout(timer);
    abort?.abort();
    abort = undefined;
    isOpen = false;
  }

  // All pages shall not come back together.
  function fail(reason?: string): void {
    stop();
    const rest = Math.min(longestRestMs, 1_000 * 2 ** failures++);
    timer = setTimeout(restart, rest / 2 + (Math.random() * rest) / 2);
    lost(reason);
  }

  function restart(): void {
    stop();
    // A page that nobody sees listens when it is seen.
    if (document.hidden) return;
    const mine = (abort = new AbortController());
    // By fetch and not by EventSource, which can send a user token in the address only.
    hear(mine.signal)
      .catch(() => undefined)
      .then((reason) => {
        if (abort === mine) fail(reason || undefined);
      });
  }

  // Gives the reason when the gateway says that it may not go on.
  async function hear(signal: AbortSignal): Promise<string | undefined> {
    const response = await open(signal);
    if (!response.ok) return (await response.json()).reason;
    isOpen = true;
    failures = 0;
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    for (let text = ""; ; ) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      const events = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = events.pop()!;
      for (const event of events) {
        const [, kind, data] = /^event: (.*)\ndata: (.*)/.exec(event) ?? [];
        if (kind === "problem") return JSON.parse(data!).reason;
        if (kind === "POSITION" || kind === "ENDED") heard(JSON.parse(data!).position);
      }
    }
  }

  return { restart, stop, isOpen: () => isOpen };
}
