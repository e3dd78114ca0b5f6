import type { PositionJson } from './types';

export interface Stream {
  /** Listens for the person that is meant now. */
  restart(): void;
  stop(): void;
  isOpen(): boolean;
}

const longestRestMs = 60_000;

/** Hears at once when a step appears or a journey ends. `lost` is called whenever it stops hearing. */
export function listen(url: () => string, heard: (position: PositionJson) => void, lost: () => void): Stream {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;
  let failures = 0;

  function stop(): void {
    clearTimeout(timer);
    source?.close();
    source = undefined;
    isOpen = false;
  }

  // The browser's own way to come back gives up for good after some failures, and all pages come back together.
  function fail(): void {
    stop();
    const rest = Math.min(longestRestMs, 1_000 * 2 ** failures++);
    timer = setTimeout(restart, rest / 2 + (Math.random() * rest) / 2);
    lost();
  }

  function restart(): void {
    stop();
    // A page that nobody sees listens when it is seen.
    if (!window.EventSource || document.hidden) return;
    source = new EventSource(url());
    source.onopen = () => {
      isOpen = true;
      failures = 0;
    };
    source.onerror = fail;
    source.addEventListener('problem', fail);
    for (const kind of ['POSITION', 'ENDED']) {
      source.addEventListener(kind, event => heard(JSON.parse((event as MessageEvent<string>).data).position));
    }
  }

  return { restart, stop, isOpen: () => isOpen };
}
