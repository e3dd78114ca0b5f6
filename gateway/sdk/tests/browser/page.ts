import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import type { Renderer } from "../../src/render/presenter";
import type { JsonObject, PositionJson } from "../../src/types";

declare module "vitest" {
  interface ProvidedContext {
    renderer: string;
    chromium: string;
  }
}

declare global {
  interface Window {
    /** What the renderer said: outcomes of steps, the log, what was not shown. */
    said: string[];
    /** Puts a step on the page and gives what takes it off. */
    show(contentType: string, payload: JsonObject): () => void;
  }
}

// The machine may be busy.
const patience = 20_000;

let browser: Browser;
const complaints: string[] = [];

/** A real browser for each file. Whatever it complains about fails the test. */
export function useChromium(): void {
  beforeAll(async () => {
    const executablePath = inject("chromium");
    if (!executablePath) throw new Error("Chromium is missing: install it, or name one in JOURNEYS_CHROMIUM.");
    browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    });
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());
}

// The strictest policy under which the SDK promises to work; the nonce is for the page's own.
const policy = "default-src 'none'; script-src 'nonce-shop'; style-src 'nonce-shop'; img-src data:";

/** Opens a page with this head and body, in which the renderer has been loaded. */
export async function open(body: string, head = "", options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  await page.route("https://shop.example/**", (route) =>
    route.fulfill({
      contentType: "text/html; charset=utf-8",
      headers: { "Content-Security-Policy": policy },
      body: `<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">
        ${head.replace("<style>", '<style nonce="shop">')}<script nonce="shop">window.DAP = {}</script>
        <script nonce="shop">${inject("renderer")}</script></head><body>${body}</body></html>`,
    }),
  );
  await page.goto("https://shop.example/");
  await page.evaluate(prepare);
  return page;
}

// Runs in the page.
function prepare(): void {
  const storage = new Map<string, unknown>();
  const say = (...words: unknown[]): void => void window.said.push(words.join(" "));
  let remove: () => void = () => undefined;
  window.said = [];
  window.show = (contentType, payload) => {
    const render = (window as unknown as { DAP: { render: Renderer } }).DAP.render;
    const present = render({
      log: (message) => say("log", message),
      storage: {
        get: <Value>(key: string) => storage.get(key) as Value | undefined,
        set: (key: string, value: unknown) => void storage.set(key, value),
        remove: (key: string) => void storage.delete(key),
      } as never,
      locale: "en",
      onStep: undefined,
      inTurn: (action) => action(),
      emit: (name, ...args) => name === "notShown" && say("not shown", args[1]),
      report: async (_, { outcome, data }) => {
        say(outcome!.toLowerCase(), ...(data ? [JSON.stringify(data)] : []));
        remove();
        return undefined as never;
      },
      send: async (path, { notShown }) => say(path.slice(path.lastIndexOf("/") + 1), notShown ?? ""),
      onTrack: () => () => undefined,
    });
    const position = {
      journeyId: "j",
      enrollment: { id: "e" },
      step: { nodeId: "n", contentId: "c", contentType, payload },
    } as PositionJson;
    remove = () => present([], { userId: "u" }, []);
    present([position], { userId: "u" }, []);
    return remove;
  };
}

/** Shows content of this type with this payload. */
export const show = (page: Page, contentType: string, payload: JsonObject): Promise<void> =>
  page.evaluate(([type, given]) => void window.show(type!, JSON.parse(given!)), [contentType, JSON.stringify(payload)]);

/** What the renderer said. */
export const said = (page: Page): Promise<string[]> => page.evaluate(() => window.said);
