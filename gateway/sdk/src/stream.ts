import type { PositionJson } from "./types";

export interface Stream {
  /** Opens the stream for the present person. */
  restart(): void;
  stop(): void;
  /** Whether positions arrive without a request, possibly through another window. */
  isOpen(): boolean;
}

export interface StreamSetup {
  /** Returns a name that windows have in common if they can share a stream. */
  name(): string;
  open(signal: AbortSignal): Promise<Response>;
  heard(position: PositionJson): void;
  /** The stream was lost; with the gateway's reason if it gave one. */
  lost(reason?: string): void;
  /** This window opened the stream in place of a closed one. Changes in between are unknown. */
  tookOver(): void;
}

const longestRestMs = 60_000;
const question = "?";

/**
 * Receives a change as soon as a step appears or a journey ends. One window of a site opens the stream and informs the
 * others, because a browser has only six HTTP/1.1 connections for all of them. If the browser does not support this,
 * each window opens its own stream.
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
    // A hidden page opens the stream when it is shown.
    if (document.hidden) return;
    const { signal } = (abort = new AbortController());
    const lead = (): Promise<void> => hear(signal);
    // Web locks are missing on plain HTTP pages and forbidden in some frames.
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

  // Keeps the lock during a wait, so that the windows do not retry one after the other.
  async function hear(signal: AbortSignal): Promise<void> {
    // True if another window's stream was open until now.
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
        // The random part spreads the retries of pages that were refused at the same time.
        setTimeout(resolve, rest / 2 + (Math.random() * rest) / 2);
      });
      lost(reason);
      await rested;
    }
  }

  // Returns the gateway's reason when the stream must not continue. Uses fetch, because EventSource can send a user
  // token only in the address.
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
