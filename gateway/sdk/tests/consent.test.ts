import { afterEach, describe, expect, it, vi } from "vitest";
import type { Dap, Options } from "../src/types";
import { journeyId, positionAt } from "./gateway";
import { gateway, leave, open, settle, stage, start, tenantKey, useBrowser } from "./page";

useBrowser();

const stored = (): string[] => [...Object.keys(localStorage), ...Object.keys(sessionStorage)];
const traces = (): unknown => [gateway.calls.length, gateway.streams.length, gateway.beacons.length, stored()];
const none = [0, 0, 0, []];

/** Opens and calls `init` with these options, and gives the answer too. */
async function begin(options: Partial<Options>): Promise<{ dap: Dap; answer: unknown }> {
  const dap = open();
  const ready = dap("init", { tenantKey, autoTrack: false, ...options });
  await settle();
  return { dap, answer: await ready };
}

describe("a person who is still to be asked", () => {
  it("leaves no trace, whatever the page calls and however long it takes", async () => {
    const { dap, answer } = await begin({ consent: "pending", autoTrack: true });
    void dap("identify", { userId: "u1" });
    void dap("track", "x");
    document.body.click();
    window.dispatchEvent(new PageTransitionEvent("pagehide"));
    await settle(600_000);

    expect(answer).toEqual({ anonymousId: "", userId: "", online: false, journeys: [] });
    expect(traces()).toEqual(none);
  });

  it("has everything done in order on agreeing", async () => {
    const { dap } = await begin({ consent: "pending", autoTrack: true });
    const ready = vi.fn();
    void dap("on", "ready", ready);
    const tracked = dap("track", "x");
    const identified = dap("identify", { userId: "u1" });
    void dap("consent", "granted");
    await settle(300);

    await tracked;
    expect(await identified).toMatchObject({ userId: "u1" });
    expect(gateway.events().map((event) => event.name)).toEqual(["x", "page"]);
    expect(ready).toHaveBeenCalledWith(expect.objectContaining({ userId: "u1", online: true }));
  });

  it("may have agreed before `init`", async () => {
    const dap = open();
    void dap("consent", "granted");
    void dap("init", { tenantKey, autoTrack: false, consent: "pending" });
    await settle();

    expect(gateway.of("/sdk/journeys")).toHaveLength(1);
  });
});

describe("a person who does not agree", () => {
  it("leaves no trace, and calls say why nothing happens", async () => {
    const { dap } = await begin({ consent: "pending" });
    const waiting = dap("enroll", journeyId);
    void dap("consent", "denied");
    await settle(60_000);

    await expect(waiting).rejects.toMatchObject({ reason: "NO_CONSENT" });
    await expect(dap("track", "x")).rejects.toMatchObject({ reason: "NO_CONSENT" });
    expect(traces()).toEqual(none);
  });

  it("any more, loses what was kept and shown, and nothing follows", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    gateway.on("/sdk/events", () => new Promise(() => undefined));
    gateway.on("/enroll", () => new Promise(() => undefined));
    const { dap } = await begin({ autoTrack: true });
    void dap("track", "x");
    await settle(300);
    void dap("track", "unsent");
    const entered = dap("enroll", journeyId);
    const shown = stage()!.querySelectorAll(".card").length;

    void dap("consent", "denied");
    await settle(1);
    const before = gateway.calls.length;
    history.pushState(null, "", "/next");
    document.body.click();
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    window.dispatchEvent(new Event("online"));
    await settle(600_000);

    expect(shown).toBe(1);
    await expect(entered).rejects.toMatchObject({ reason: "NO_CONSENT" });
    expect([gateway.calls.length - before, gateway.beacons.length, stored()]).toEqual([0, 0, []]);
    expect([gateway.streams.every((stream) => stream.isClosed), stage()]).toEqual([true, undefined]);
  });

  it("is refused in every tab", async () => {
    const { dap } = await begin({});
    const key = Object.keys(localStorage).find((each) => each.endsWith(".who"))!;

    localStorage.removeItem(key);
    window.dispatchEvent(new StorageEvent("storage", { key }));
    await settle(600_000);

    await expect(dap("track", "x")).rejects.toMatchObject({ reason: "NO_CONSENT" });
    expect([gateway.of("/sdk/journeys").length, stored()]).toEqual([1, []]);
  });

  it("is forgotten also by a later page, and is somebody new on agreeing", async () => {
    await start();
    const first = gateway.of("/sdk/journeys")[0]!.query.get("anonymousId");
    leave();
    const { dap } = await begin({ consent: "denied" });
    const left = stored();
    void dap("consent", "granted");
    await settle();

    expect(left).toEqual([]);
    expect(gateway.of("/sdk/journeys").at(-1)!.query.get("anonymousId")).not.toBe(first);
  });

  it("keeps the SDK quiet while it is said again", async () => {
    const { dap } = await begin({ consent: "denied" });
    void dap("consent", "pending");
    void dap("track", "x");
    void dap("consent", "granted");
    await settle(300);

    expect(gateway.events().map((event) => event.name)).toEqual(["x"]);
  });
});

describe("consent", () => {
  it("that is none is refused, and nothing begins", async () => {
    const dap = open();

    await expect(dap("init", { tenantKey, consent: "yes" as never })).rejects.toMatchObject({ reason: "WRONG_CALL" });
    await settle(60_000);
    expect(traces()).toEqual(none);
  });

  it("that is taken back for a while keeps what the browser has", async () => {
    const { dap } = await begin({});
    const first = gateway.of("/sdk/journeys")[0]!.query.get("anonymousId");
    gateway.on("/sdk/events", () => "unreachable");
    void dap("track", "kept");
    await settle(300);
    void dap("consent", "pending");
    await settle(600_000);
    const meanwhile = gateway.events().length;
    gateway.on("/sdk/events", () => ({ body: {} }));
    void dap("consent", "granted");
    await settle(300);

    expect([meanwhile, gateway.events().at(-1)!.name]).toEqual([1, "kept"]);
    expect(gateway.of("/sdk/journeys").at(-1)!.query.get("anonymousId")).toBe(first);
  });
});

describe("Global Privacy Control", () => {
  const signal = () => Object.defineProperty(navigator, "globalPrivacyControl", { configurable: true, value: true });

  afterEach(() => void Reflect.deleteProperty(navigator, "globalPrivacyControl"));

  it("counts as no where the page wants it", async () => {
    signal();
    const { dap } = await begin({ globalPrivacyControl: true, consent: "granted" });
    void dap("track", "x");
    await settle(60_000);

    expect(traces()).toEqual(none);
  });

  it("counts less than what the person was asked, before and after `init`", async () => {
    signal();
    const { dap } = await begin({ globalPrivacyControl: true });
    void dap("consent", "granted");
    await settle();
    leave();
    const other = open();
    void other("consent", "granted");
    void other("init", { tenantKey, globalPrivacyControl: true });
    await settle();

    expect(gateway.of("/sdk/journeys")).toHaveLength(2);
  });

  it("counts nothing by itself, and nothing is refused without it", async () => {
    await begin({ globalPrivacyControl: true });
    leave();
    signal();
    await begin({});

    expect(gateway.of("/sdk/journeys")).toHaveLength(2);
  });
});

describe("with `persistence: 'memory'`", () => {
  it("everything works and nothing is stored", async () => {
    const { dap } = await begin({ persistence: "memory", autoTrack: true });
    void dap("identify", { userId: "u1" });
    void dap("track", "x");
    const kept = stored();
    await settle(300);

    expect([kept, stored()]).toEqual([[], []]);
    expect(gateway.events().map((event) => event.name)).toEqual(["page", "x"]);
    expect(gateway.of("/sdk/identify")[0]!.body.userId).toBe("u1");
  });

  it("each page is a visitor of its own", async () => {
    await begin({ persistence: "memory" });
    leave();
    await begin({ persistence: "memory" });

    const [first, second] = gateway.of("/sdk/journeys").map((call) => call.query.get("anonymousId"));
    expect(first).not.toBe(second);
  });
});

describe("destroy", () => {
  it("takes everything off the page, hands over what waits, and ends what waits for an answer", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    gateway.on("/enroll", () => "unreachable");
    const { pushState } = history;
    const { dap } = await begin({ autoTrack: true });
    const tracked = vi.fn();
    void dap("on", "track", tracked);
    const entered = dap("enroll", journeyId);
    await settle(300);
    void dap("track", "last");

    void dap("destroy");
    await settle(1);
    const before = [gateway.calls.length, gateway.streams.length];
    document.body.click();
    window.dispatchEvent(new Event("online"));
    await settle(600_000);

    await expect(entered).rejects.toMatchObject({ reason: "DESTROYED" });
    expect(gateway.beacons.flatMap((beacon) => beacon.body.events ?? [])).toMatchObject([{ name: "last" }]);
    expect([gateway.calls.length, gateway.streams.length]).toEqual(before);
    expect([stage(), history.pushState === pushState, tracked.mock.calls.length]).toEqual([undefined, true, 1]);
  });

  it("lets the page begin anew, as the same visitor, with other options", async () => {
    const { dap } = await begin({});
    void dap("destroy");
    void dap("track", "x");
    const ready = dap("init", { tenantKey, autoTrack: true });
    await settle(300);

    expect((await ready).anonymousId).toBe(gateway.of("/sdk/journeys")[0]!.query.get("anonymousId"));
    expect(gateway.events().map((event) => event.name)).toEqual(["x", "page"]);
  });

  it("does nothing where nothing was begun", async () => {
    const dap = open();
    await dap("destroy");

    expect(traces()).toEqual(none);
  });
});
