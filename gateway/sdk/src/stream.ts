import type { PositionJson } from "./types";

export interface Stream {
  /** Listens for the person that is meant now. */
  restart(): void;
  stop(): void;
  /** Whether news comes without being asked for, also by way of another window. */
  isOpen(): boolean;
}

export interface StreamSetup {
  /** What windows have in common that may share a stream. */
  name(): string;
  open(signal: AbortSignal): Promise<Response>;
  heard(position: PositionJson): void;
  /** News no longer comes without being asked for; with the gateway's reason if it gave one. */
  lost(reason?: string): void;
  /** This window listens in place of one that has gone; what came in between is not known. */
  tookOver(): void;
}

const longestRestMs = 60_000;
const question = "?";

/**
 * Hears at once when a step appears or a journey ends. Of all windows of a site one listens and tells the others,
 * because a browser has only six connections by HTTP/1.1 for all of them. Where the browser cannot do that, each
 * listens for itself.
 */
export function listen({ name, open, heard, lost, tookOver }: StreamSetup): Stream {
  let abort: AbortController | undefined;
  let channel: BroadcastChannel | undefined;
  let isOpen = false;
  let isLeading = false;
  let failures = 0;

  function stop(): void {
    abort?.abort();
    channel?.close();
    abort = channel = undefined;
    isOpen = isLeading = false;
  }

  function restart(): void {
    stop();
    // A page that nobody sees listens when it is seen.
    if (document.hidden) return;
    const { signal } = (abort = new AbortController());
    const lead = (): Promise<void> => hear(signal);
    // Pages by plain HTTP have no locks, and some frames may not use them.
    if (!navigator.locks) return void lead();
    join();
    navigator.locks.request(name(), { signal }, lead).catch(() => (signal.aborted ? undefined : lead()));
  }

  function join(): void {
    channel = new BroadcastChannel(name());
    channel.onmessage = ({ data }: MessageEvent<PositionJson | boolean | string>) => {
      if (data === question) isLeading && tell(isOpen);
      else if (typeof data === "object") heard(data);
      else if (!(isOpen = data as boolean)) lost();
    };
    channel.postMessage(question);
  }

  function tell(is: boolean): void {
    isOpen = is;
    channel?.postMessage(is);
  }

  // The lock is kept while it rests, so that the windows do not try one after the other.
  async function hear(signal: AbortSignal): Promise<void> {
    // Somebody else's news came until now.
    let isLate = isOpen;
    isLeading = true;
    while (!signal.aborted) {
      const attempt = new AbortController();
      signal.onabort = () => attempt.abort();
      const reason = await read(attempt.signal, isLate).catch(() => undefined);
      attempt.abort();
      if (signal.aborted) return;
      isLate = false;
      tell(false);
      const rest = Math.min(longestRestMs, 1_000 * 2 ** failures++);
      const rested = new Promise<unknown>((resolve) => {
        signal.onabort = resolve;
        // All pages shall not come back together.
        setTimeout(resolve, rest / 2 + (Math.random() * rest) / 2);
      });
      lost(reason);
      await rested;
    }
  }

  // Returns the reason when the gateway says that it may not go on. By fetch and not by EventSource, which can send a
  // user token in the address only.
  async function read(signal: AbortSignal, isLate: boolean): Promise<string | undefined> {
    const response = await open(signal);
    if (!response.ok) return (await response.json()).reason;
    failures = 0;
    tell(true);
    if (isLate) tookOver();
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
        if (kind !== "POSITION" && kind !== "ENDED") continue;
        const { position } = JSON.parse(data!);
        channel?.postMessage(position);
        heard(position);
      }
    }
  }

  return { restart, stop, isOpen: () => isOpen };
}
