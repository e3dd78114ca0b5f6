import { afterEach, beforeEach, vi } from "vitest";
import { createDap } from "../src/dap";
import { render } from "../src/render/render";
import type { Dap, Options } from "../src/types";
import { Gateway } from "./gateway";

export let gateway: Gateway;

const gone: (() => void)[] = [];

/** A fresh browser for each test, with a clock and a chance of its own. */
export function useBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-01-05T12:00:00Z") });
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    localStorage.clear();
    sessionStorage.clear();
    document.body.replaceChildren();
    for (const card of stage()?.querySelectorAll(".card") ?? []) card.remove();
    // What the simulated browser does not have; tests/browser shows what is seen.
    Object.assign(HTMLDialogElement.prototype, { show: vi.fn(), showModal: vi.fn(), close: vi.fn() });
    history.replaceState(null, "", "/start?x=1");
    gateway = new Gateway();
  });
  afterEach(() => {
    leave();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/** Loads the SDK as a page does that has just been opened. What it listens to ends with `leave`. */
export function open(): Dap {
  for (const target of [window, document]) {
    const original = target.addEventListener;
    const listened: [string, EventListenerOrEventListenerObject, boolean | AddEventListenerOptions | undefined][] = [];
    target.addEventListener = (
      name: string,
      handler: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ) => {
      listened.push([name, handler, options]);
      original.call(target, name, handler, options);
    };
    gone.push(() => {
      target.addEventListener = original;
      listened.forEach(([name, handler, options]) => target.removeEventListener(name, handler, options));
    });
  }
  const { pushState, replaceState } = history;
  gone.push(() => Object.assign(history, { pushState, replaceState }));
  return createDap("https://journeys.example", async () => render);
}

/** The page is closed, with everything that was in its memory. */
export function leave(): void {
  gone.splice(0).forEach((end) => end());
  vi.clearAllTimers();
}

export const tenantKey = "pk_test0123456789";

/** Opens and calls `init`, without automatic events unless asked for. */
export async function start(options: Partial<Options> = {}): Promise<Dap> {
  const dap = open();
  void dap("init", { tenantKey, autoTrack: false, ...options });
  await settle();
  return dap;
}

/** Lets what is due happen, and everything within this many milliseconds. */
export const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** What the SDK put on the page. */
export const stage = (): ShadowRoot | undefined => document.querySelector("#dap-journeys")?.shadowRoot ?? undefined;

export function setHidden(isHidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(isHidden);
  document.dispatchEvent(new Event("visibilitychange"));
}

export function setOnline(isOnline: boolean): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(isOnline);
  window.dispatchEvent(new Event(isOnline ? "online" : "offline"));
}
