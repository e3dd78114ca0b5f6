import { describe, expect, it, vi } from "vitest";
import { enrollment, journeyId } from "./gateway";
import { gateway, leave, setHidden, setOnline, settle, start, tenantKey, useBrowser } from "./page";

useBrowser();

const kept = (): number => Object.keys(localStorage).filter((key) => key.includes(".q.")).length;
const unreachable = () => "unreachable" as const;

describe("delivery", () => {
  it("sends events together, in order, each with an id and a time", async () => {
    const dap = await start();

    void dap("track", "one");
    void dap("track", "two", { size: 3 });
    await settle(300);

    expect(gateway.of("/sdk/events")).toHaveLength(1);
    expect(gateway.events().map((event) => event.name)).toEqual(["one", "two"]);
    expect(new Set(gateway.events().map((event) => event.id)).size).toBe(2);
    expect(gateway.events()[1]).toMatchObject({
      properties: { size: 3 },
      url: "https://shop.example/start?x=1",
      time: "2026-01-05T12:00:00.000Z",
    });
    expect(gateway.of("/sdk/events")[0]!.body._apiKey).toBe(tenantKey);
  });

  it("puts at most 50 events and 64 KiB into a call", async () => {
    const dap = await start();

    for (let count = 0; count < 120; count++) void dap("track", "small");
    for (let count = 0; count < 6; count++) void dap("track", "large", { text: "x".repeat(15_000) });
    await settle(300);

    const calls = gateway.of("/sdk/events");
    expect(gateway.events()).toHaveLength(126);
    expect(Math.max(...calls.map((call) => (call.body.events as unknown[]).length))).toBe(50);
    expect(Math.max(...calls.map((call) => JSON.stringify(call.body).length))).toBeLessThan(64 * 1024);
  });

  it("keeps an event until it is acknowledged, also when the page is closed in the middle", async () => {
    gateway.on("/sdk/events", () => new Promise(() => undefined));
    const dap = await start();
    void dap("track", "bought");
    await settle(300);
    const sent = gateway.events();
    leave();
    gateway.on("/sdk/events", () => ({ body: { accepted: 0, duplicates: 1 } }));

    await start();
    await settle(300);

    expect(sent).toHaveLength(1);
    expect(gateway.events()).toEqual([sent[0], sent[0]]);
    expect(kept()).toBe(0);
  });

  it("rests longer after each failure and then sends everything once", async () => {
    gateway.on("/sdk/events", unreachable);
    const dap = await start();
    void dap("track", "one");
    await settle(60_000);
    const tries = gateway.of("/sdk/events").length;
    gateway.on("/sdk/events", () => ({ body: {} }));
    void dap("track", "two");
    await settle(60_000);

    expect(tries).toBeGreaterThanOrEqual(5);
    expect(tries).toBeLessThanOrEqual(8);
    expect(gateway.of("/sdk/events")).toHaveLength(tries + 1);
    expect(
      gateway
        .events()
        .slice(-2)
        .map((event) => event.name),
    ).toEqual(["one", "two"]);
    expect(kept()).toBe(0);
  });

  it("comes back no earlier than the gateway asked for", async () => {
    gateway.on("/sdk/events", () => ({
      status: 429,
      headers: { "Retry-After": "7" },
      body: { reason: "TOO_MANY_CALLS" },
    }));
    const dap = await start();
    void dap("track", "one");
    await settle(1_000);
    setOnline(true);
    void dap("identify", { userId: "u1" });
    await settle(6_200);
    const early = gateway.of("/sdk/events").length;
    await settle(1_200);

    expect(early).toBe(1);
    expect(gateway.of("/sdk/events")).toHaveLength(2);
  });

  it("gives a call up after ten seconds and sends it again", async () => {
    const signals: AbortSignal[] = [];
    const dap = await start();
    vi.stubGlobal(
      "fetch",
      (_: string, { signal }: RequestInit) =>
        new Promise((_resolve, reject) => {
          signals.push(signal!);
          signal!.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
    );
    void dap("track", "one");
    await settle(9_900);
    const early = signals.some((signal) => signal.aborted);
    await settle(1_000);
    const late = signals.some((signal) => signal.aborted);
    await settle(5_000);

    expect([early, late]).toEqual([false, true]);
    expect(signals.length).toBeGreaterThan(1);
  });

  it("sends at once when the network is back", async () => {
    const dap = await start();
    setOnline(false);
    void dap("track", "one");
    await settle(120_000);
    const offline = gateway.of("/sdk/events").length;
    setOnline(true);
    await settle(1);

    expect(offline).toBe(0);
    expect(gateway.events()).toHaveLength(1);
  });

  it("lets a refused event go without taking the others along", async () => {
    gateway.on("/sdk/events", (call) =>
      JSON.stringify(call.body).includes("bad")
        ? { status: 400, body: { reason: "INVALID_INPUT", detail: "bad" } }
        : { body: {} },
    );
    const dap = await start();

    void dap("track", "good");
    void dap("track", "bad");
    void dap("track", "better");
    await settle(300);

    expect(
      gateway.of("/sdk/events").map((call) => (call.body.events as { name: string }[]).map((event) => event.name)),
    ).toEqual([["good", "bad", "better"], ["good"], ["bad"], ["better"]]);
    expect(kept()).toBe(0);
  });

  it("leaves the time to the gateway when the clock of the device is far behind", async () => {
    gateway.on("/sdk/events", (call) =>
      (call.body.events as { time?: string }[])[0]!.time
        ? {
            status: 400,
            body: {
              reason: "INVALID_INPUT",
              errors: [{ field: "events[0].time", message: "is more than 30 days ago." }],
            },
          }
        : { body: {} },
    );
    const dap = await start();

    void dap("track", "one");
    void dap("track", "two");
    await settle(300);

    expect(
      gateway
        .events()
        .filter((event) => !event.time)
        .map((event) => event.name),
    ).toEqual(["one", "two"]);
    expect(kept()).toBe(0);
  });

  it("gives up on a key that is refused, and keeps what it has", async () => {
    gateway.on("/sdk/events", () => ({ status: 401, body: { reason: "KEY_REVOKED" } }));
    const dap = await start();

    void dap("track", "one");
    await settle(600_000);

    expect(gateway.of("/sdk/events")).toHaveLength(1);
    expect(kept()).toBe(1);
  });

  it("keeps what something on the way to the gateway refuses", async () => {
    gateway.on("/sdk/events", () => ({ status: 404, body: "Not here" }));
    const dap = await start();

    void dap("track", "one");
    await settle(5_000);
    const before = kept();
    gateway.on("/sdk/events", () => ({ body: {} }));
    await settle(60_000);

    expect([before, kept(), gateway.events().at(-1)!.name]).toEqual([1, 0, "one"]);
  });

  it("does not repeat for another tab what that tab has sent itself", async () => {
    gateway.on("/sdk/identify", unreachable);
    const dap = await start();
    void dap("identify", { userId: "u1", traits: { plan: "free" } });
    await settle(1);
    const [key, text] = Object.entries(localStorage).find(([each]) => each.includes(".q."))!;
    leave();
    localStorage.removeItem(key);
    sessionStorage.clear();
    localStorage.setItem(key, text);
    await settle(11_000);
    gateway.on("/sdk/identify", () => new Promise(() => undefined));
    setOnline(false);
    await start();
    const before = gateway.of("/sdk/identify").length;

    localStorage.removeItem(key);
    setOnline(true);
    await settle(1);

    expect(gateway.of("/sdk/identify")).toHaveLength(before);
  });

  it("hands what is left to the browser when the page goes away, and says it again in the next page", async () => {
    const dap = await start();
    void dap("track", "last words");
    setHidden(true);
    const beacon = gateway.beacons[0]!;
    leave();
    await start();
    await settle(300);

    expect(gateway.beacons).toHaveLength(1);
    expect(beacon.body).toMatchObject({ _apiKey: tenantKey, events: [{ name: "last words" }] });
    expect(gateway.events()).toEqual(beacon.body.events);
  });

  it("does not hand over what is on its way already", async () => {
    gateway.on("/sdk/events", () => new Promise(() => undefined));
    const dap = await start();
    void dap("track", "one");
    await settle(300);
    void dap("track", "two");

    window.dispatchEvent(new Event("pagehide"));

    expect(gateway.of("/sdk/events")[0]!.keepalive).toBe(true);
    expect(gateway.beacons.flatMap((call) => call.body.events)).toMatchObject([{ name: "two" }]);
  });

  it("keeps the order of everything that was called", async () => {
    gateway.on("/enroll", () => ({ body: { enrollment: enrollment(), created: true } }));
    const dap = await start();

    void dap("track", "before");
    void dap("identify", { userId: "u1" });
    void dap("track", "between");
    void dap("enroll", journeyId);
    await settle(1);

    expect(
      gateway.calls
        .filter((call) => call.path !== "/sdk/journeys")
        .map((call) => [call.path.split("/").pop(), "userId" in call.body]),
    ).toEqual([
      ["events", false],
      ["identify", true],
      ["events", true],
      ["enroll", true],
    ]);
  });

  it("sends what a closed tab has left, but not what an open one just wrote", async () => {
    gateway.on("/sdk/events", unreachable);
    const dap = await start();
    void dap("track", "of the other tab");
    await settle(300);
    leave();
    sessionStorage.clear();
    gateway.on("/sdk/events", () => ({ body: {} }));
    const before = gateway.events().length;

    await start();
    await settle(5_000);
    const early = gateway.events().length;
    await settle(61_000);

    expect(early).toBe(before);
    expect(gateway.events()).toHaveLength(before + 1);
  });

  it("works without storage while the page lasts", async () => {
    const forbid = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const names = ["localStorage", "sessionStorage"];
    const own = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)!);
    for (const name of names) Object.defineProperty(globalThis, name, { configurable: true, get: forbid });
    try {
      gateway.on("/sdk/events", unreachable);
      const dap = await start();
      void dap("track", "one");
      await settle(2_000);
      gateway.on("/sdk/events", () => ({ body: {} }));
      await settle(60_000);

      expect(gateway.events().at(-1)).toMatchObject({ name: "one" });
      expect(new Set(gateway.of("/sdk/events").map((call) => call.body.anonymousId)).size).toBe(1);
    } finally {
      names.forEach((name, index) => Object.defineProperty(globalThis, name, own[index]!));
    }
  });

  it("keeps at most 1,000 calls and lets the oldest events go", async () => {
    gateway.on("/sdk/events", unreachable);
    const dap = await start();

    for (let count = 0; count < 1_010; count++) void dap("track", `e${count}`);
    await settle(1);

    expect(kept()).toBe(1_000);
    expect(Object.entries(localStorage).some(([, text]) => text.includes('"e0"'))).toBe(false);
  });
});
