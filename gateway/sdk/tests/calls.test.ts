import { describe, expect, it, vi } from "vitest";
import { gatewayAnswers, journeyId, positionAt } from "./gateway";
import { gateway, leave, open, setOnline, settle, start, tenantKey, useBrowser } from "./page";

useBrowser();

const identified = () => gateway.of("/sdk/identify").map((call) => call.body);

describe("init", () => {
  it("tells who the person is and where they stand", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { journeys: [positionAt("hi")] } }));
    const dap = open();

    const ready = dap("init", { tenantKey, autoTrack: false });
    await settle();

    expect(await ready).toMatchObject({ userId: "", online: true, journeys: [{ journeyName: "Hello" }] });
    expect((await ready).anonymousId).toMatch(/^[\da-f]{32}$/);
  });

  it("goes on without a gateway that does not answer in time", async () => {
    gateway.on("/sdk/journeys", () => new Promise(() => undefined));
    const dap = open();

    const ready = dap("init", { tenantKey, autoTrack: false, initTimeoutMs: 500 });
    await settle(500);

    expect(await ready).toMatchObject({ online: false, journeys: [] });
  });

  it("does nothing at all before it is called", async () => {
    const dap = open();

    void dap("track", "early");
    await settle(10_000);

    expect(gateway.calls).toEqual([]);
    expect(gateway.streams).toEqual([]);
    expect(localStorage).toHaveLength(0);
  });

  it("runs what was called before it, in order", async () => {
    const dap = open();
    void dap("identify", { userId: "u1" });
    void dap("track", "early");

    void dap("init", { tenantKey, autoTrack: false });
    await settle(300);

    expect(gateway.of("/sdk/journeys")[0]!.query.get("userId")).toBe("u1");
    expect(gateway.calls.filter((call) => call.path !== "/sdk/journeys").map((call) => call.path)).toEqual([
      "/sdk/identify",
      "/sdk/events",
    ]);
    expect(gateway.of("/sdk/events")[0]!.body.userId).toBe("u1");
  });

  it("says every wrong option once, and only with debug", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const wrong = { tenantKey, autoTrack: "yes", color: "red", journeys: { onstep: 1 } } as never;

    await start(wrong);
    const quiet = warn.mock.calls.length;
    leave();
    await start({ ...(wrong as object), debug: true });

    expect(quiet).toBe(0);
    expect(warn.mock.calls.flat()).toEqual([
      "[DAP] The option autoTrack must be a boolean.",
      "[DAP] There is no option color.",
      "[DAP] There is no option journeys.onstep.",
    ]);
  });

  it("refuses to work without a publishable key", async () => {
    const dap = open();

    await expect(dap("init", { tenantKey: "sk_secret" })).rejects.toMatchObject({ reason: "WRONG_CALL" });
    expect(gateway.calls).toEqual([]);
  });

  it("counts once", async () => {
    const dap = await start();

    await dap("init", { tenantKey: "pk_other" });

    expect(gateway.of("/sdk/journeys")).toHaveLength(1);
  });
});

describe("identity", () => {
  it("is made once and kept", async () => {
    await start();
    const first = gateway.of("/sdk/journeys")[0]!.query.get("anonymousId");
    leave();
    await start();

    expect(gateway.of("/sdk/journeys")[1]!.query.get("anonymousId")).toBe(first);
  });

  it("joins the visitor to the user, with traits and what the browser tells", async () => {
    const dap = await start({ locale: "de-DE" });
    const anonymousId = gateway.of("/sdk/journeys")[0]!.query.get("anonymousId");

    const answer = dap("identify", {
      userId: 7,
      traits: { plan: "pro", since: new Date(0), odd: { a: 1 } as never, gone: null },
      role: "admin",
    });
    await settle(1);

    expect(await answer).toMatchObject({ userId: "7", merged: true });
    expect(identified()[0]).toMatchObject({
      userId: "7",
      anonymousId,
      traits: { plan: "pro", since: "1970-01-01T00:00:00.000Z", gone: null },
      context: { locale: "de-DE", role: "admin", device: { type: "desktop" } },
    });
    expect(identified()[0]!.traits).not.toHaveProperty("odd");
  });

  it.each([
    NaN,
    "NaN",
    "undefined",
    " Null ",
    "true",
    "[object Object]",
    "{}",
    "anonymous",
    ".",
    "..",
    "00000000-0000-0000-0000-000000000000",
  ])("refuses %j, under which everybody would be one person", async (userId) => {
    const dap = await start();

    await expect(dap("identify", { userId })).rejects.toMatchObject({
      reason: "WRONG_CALL",
      message: expect.stringContaining("must be the id of one person"),
    });
    expect(identified()).toEqual([]);
  });

  it("replaces what no service keeps in the name of an event, and refuses it in an id", async () => {
    const dap = await start();

    void dap("track", "cut \u{1F600}".slice(0, 5));
    await settle(300);

    expect(
      gateway
        .of("/sdk/events")
        .flatMap((call) => call.body.events as { name: string }[])
        .map((event) => event.name),
    ).toContain("cut \ufffd");
    await expect(dap("identify", { userId: "a\u0000b" })).rejects.toMatchObject({
      reason: "WRONG_CALL",
      message: expect.stringContaining("userId"),
    });
    await expect(dap("identify", { userId: "half \ud83d" })).rejects.toMatchObject({
      reason: "WRONG_CALL",
      message: expect.stringContaining("userId"),
    });
  });

  it("says with debug what the gateway left out of what the browser tells, and goes on", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const warnings = [{ field: "context.timeZone", message: "Left out: it must be an IANA time zone." }];
    gateway.on("/sdk/events", () => ({ body: { accepted: 1, duplicates: 0, journeys: [], warnings } }));
    const dap = await start({ debug: true });

    void dap("track", "first");
    await settle(300);
    void dap("track", "second");
    await settle(300);

    expect(gateway.events().map((event) => event.name)).toEqual(["first", "second"]);
    expect(warn.mock.calls.flat()).toContain("[DAP] context.timeZone: Left out: it must be an IANA time zone.");
  });

  it("gives another user a visitor of their own, and starts a new one on reset", async () => {
    const dap = await start();
    void dap("identify", { userId: "u1" });
    void dap("identify", { userId: "u2" });
    void dap("reset");
    void dap("track", "after");
    await settle(300);

    const ids = [
      identified()[0]!.anonymousId,
      identified()[1]!.anonymousId,
      gateway.of("/sdk/events")[0]!.body.anonymousId,
    ];
    expect(new Set(ids).size).toBe(3);
    expect(gateway.of("/sdk/events")[0]!.body).not.toHaveProperty("userId");
  });

  it("is the same in every tab", async () => {
    await start();
    const key = Object.keys(localStorage).find((each) => each.endsWith(".who"))!;

    localStorage.setItem(key, JSON.stringify({ anonymousId: "a", userId: "other" }));
    window.dispatchEvent(new StorageEvent("storage", { key }));
    await settle(1);

    expect(gateway.of("/sdk/journeys").at(-1)!.query.get("userId")).toBe("other");
    expect(gateway.streams.at(-1)!.url).toContain("userId=other");
  });

  it("shows a signed token where there is one, and waits for a new one when it has expired", async () => {
    gateway.on("/sdk/events", (call) =>
      call.body._userToken === "new" ? { body: {} } : { status: 401, body: { reason: "USER_TOKEN_INVALID" } },
    );
    const dap = await start();
    void dap("identify", { userId: "u1", userToken: "old" });
    void dap("track", "kept");
    await settle(300);
    const old = gateway.of("/sdk/events").at(-1)!.body._userToken;
    void dap("identify", { userId: "u1", userToken: "new" });
    await settle(300);

    expect(identified()[0]!._userToken).toBe("old");
    expect(old).toBe("old");
    expect(gateway.streams.at(-1)!.headers["X-User-Token"]).toBe("new");
    expect(
      [...gateway.streams.map((stream) => stream.url), ...gateway.calls.map((call) => `${call.query}`)].join(),
    ).not.toMatch(/old|new|oken/);
    expect(gateway.events().at(-1)).toMatchObject({ name: "kept" });
    expect(gateway.of("/sdk/events").at(-1)!.body._userToken).toBe("new");
  });

  it("shows nothing of the person before to whoever comes after reset", async () => {
    gateway.on("/sdk/journeys", (call) => ({
      body: { journeys: call.query.get("userId") ? [positionAt("private")] : [] },
    }));
    const steps: string[] = [];
    const gone: string[] = [];
    const dap = await start({ journeys: { onStep: (step) => void steps.push(step.nodeId) } });
    void dap("on", "stepGone", (step) => gone.push(step.nodeId));
    gateway.on("/sdk/identify", () => ({ body: { journeys: [positionAt("private")] } }));
    void dap("identify", { userId: "u1" });
    await settle(1);

    void dap("reset");
    await settle(1);

    expect([steps, gone]).toEqual([["private"], ["private"]]);
  });
});

describe("calls", () => {
  it("answer with what the gateway says", async () => {
    gatewayAnswers(gateway);
    const dap = await start();

    const enrolled = dap("enroll", journeyId);
    const reported = dap("progress", journeyId, { nodeId: "hi", outcome: "SKIPPED", data: { rating: 9 } });
    const stopped = dap("stop", journeyId.toUpperCase());
    await settle(1);

    expect(await enrolled).toMatchObject({ created: true, enrollment: { id: "e1" } });
    expect(await reported).toMatchObject({ applied: true });
    expect(await stopped).toMatchObject({ enrollment: { status: "STOPPED" } });
    expect(gateway.of("/progress")[0]!.body).toMatchObject({ nodeId: "hi", outcome: "SKIPPED", data: { rating: 9 } });
  });

  it("enroll by key too, with what lets the person in", async () => {
    gatewayAnswers(gateway);
    const dap = await start();

    const enrolled = dap("enroll", "key:on-boarding", { plan: "team" });
    await settle(1);
    await enrolled;

    const call = gateway.of("/enroll")[0]!;
    expect(call.path).toBe("/sdk/journeys/key:on-boarding/enroll");
    expect(call.body).toMatchObject({ properties: { plan: "team" } });
    await expect(dap("stop", "key:on-boarding")).rejects.toThrow("journeyId");
    await expect(dap("enroll", "key:a/b")).rejects.toThrow("journeyId");
  });

  it("reject with the reason when they are refused, and tell of it", async () => {
    gateway.on("/enroll", () => ({ status: 400, body: { reason: "ANONYMOUS_NOT_ALLOWED", detail: "Users only." } }));
    const dap = await start();
    const errors: Error[] = [];
    void dap("on", "error", (error) => errors.push(error));

    const refused = dap("enroll", journeyId);
    await settle(1);

    await expect(refused).rejects.toMatchObject({
      reason: "ANONYMOUS_NOT_ALLOWED",
      status: 400,
      message: "Users only.",
    });
    expect(errors).toHaveLength(1);
  });

  it("are sent again under the same request id, and another call has another one", async () => {
    gateway.on("/enroll", () => ({ status: 503, body: {} }));
    const dap = await start();

    const first = dap("enroll", journeyId);
    await settle(1);
    gatewayAnswers(gateway);
    await settle(60_000);
    await first;
    await Promise.all([dap("enroll", journeyId), dap("stop", journeyId), settle(1)]);

    const ids = [...gateway.of("/enroll"), ...gateway.of("/stop")].map((call) => call.body.requestId as string);
    expect(ids).toHaveLength(4);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });

  it("wait for the network as long as it takes", async () => {
    gatewayAnswers(gateway);
    const dap = await start();
    setOnline(false);

    const enrolled = dap("enroll", journeyId);
    await settle(600_000);
    setOnline(true);
    await settle(1);

    expect(await enrolled).toMatchObject({ created: true });
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  it.each([
    ["enroll", "not-a-uuid"],
    ["stop"],
    ["progress", journeyId],
    ["progress", journeyId, { nodeId: "hi", outcome: "DONE" }],
    ["track", ""],
    ["track", "x".repeat(129)],
    ["track", "x", "text"],
    ["track", "x", cyclic],
    ["track", "x", { big: "x".repeat(17_000) }],
    ["identify", { userId: "" }],
    ["identify", { userId: "a\u0007" }],
    ["identify", { userId: "u", traits: "plan" }],
    ["on", "ready"],
    ["dance"],
    [undefined],
  ])("refuse %s %s without asking anybody", async (...call: unknown[]) => {
    const dap = await start();
    const before = gateway.calls.length;

    const answer = (dap as (...all: unknown[]) => Promise<unknown>)(...call);

    await expect(answer).rejects.toMatchObject({ reason: "WRONG_CALL" });
    await settle(1_000);
    expect(gateway.calls).toHaveLength(before);
  });

  it("count characters as themselves, not as their escapes", async () => {
    const dap = await start();

    await dap("track", "x", { lines: "\n".repeat(16_000) });
    await dap("track", "x", { quotes: '"'.repeat(16_000) });
    await expect(dap("track", "x", { lines: "\n".repeat(16_400) })).rejects.toMatchObject({ reason: "WRONG_CALL" });
  });

  it("say with autoEnroll off that nobody is to be let in", async () => {
    const dap = await start({ journeys: { autoEnroll: false } });

    void dap("identify", { userId: "u1" });
    void dap("track", "x");
    await settle(300);

    expect([identified()[0]!.noEntry, gateway.of("/sdk/events")[0]!.body.noEntry]).toEqual([true, true]);
  });
});

describe("autoTrack", () => {
  it("records the page and every address after it once", async () => {
    await start({ autoTrack: true });
    history.pushState(null, "", "/next");
    await settle(1);
    history.replaceState(null, "", "/next");
    await settle(1);
    history.pushState(null, "", "/last");
    await settle(400);

    expect(gateway.events().map((event) => [event.name, event.url])).toEqual([
      ["page", "https://shop.example/start?x=1"],
      ["page", "https://shop.example/next"],
      ["page", "https://shop.example/last"],
    ]);
  });

  it("records clicks on what journeys watch for, also when the page stops them", async () => {
    gateway.on("/sdk/journeys", () => ({ body: { clickSelectors: ["#buy", ".none", ":::"] } }));
    await start({ autoTrack: true });
    document.body.innerHTML = '<button id="buy"><b>Buy</b></button><button id="other">x</button>';
    document.body.addEventListener("click", (event) => event.stopPropagation(), { once: true });

    document.querySelector("b")!.click();
    document.querySelector<HTMLElement>("#other")!.click();
    await settle(300);

    expect(
      gateway
        .events()
        .filter((event) => event.name === "click")
        .map((event) => event.properties),
    ).toEqual([{ selector: "#buy" }]);
  });

  it("records clicks in open shadow roots, by what is around them, by the host, and by what is within", async () => {
    const clickSelectors = ["my-card", ".around", ".inner", ".around > my-card >>> .inner"];
    const others = [".around .inner", "p >>> .inner", "my-card >>> :::", "my-card >>> .none"];
    gateway.on("/sdk/journeys", () => ({ body: { clickSelectors: [...clickSelectors, ...others] } }));
    await start({ autoTrack: true });
    document.body.innerHTML = "<div class='around'><my-card></my-card></div>";
    const root = document.querySelector("my-card")!.attachShadow({ mode: "open" });
    root.innerHTML = "<button class='inner'><b>Buy</b></button>";

    root.querySelector("b")!.click();
    await settle(300);

    expect(
      gateway
        .events()
        .filter((event) => event.name === "click")
        .map((event) => event.properties),
    ).toEqual(clickSelectors.map((selector) => ({ selector })));
  });

  it("can be left to the page", async () => {
    const dap = await start();
    history.pushState(null, "", "/next");
    await settle(400);
    const before = gateway.events().length;
    void dap("page", { section: "shop" });
    await settle(300);

    expect(before).toBe(0);
    expect(gateway.events()[0]).toMatchObject({ name: "page", properties: { section: "shop", path: "/next" } });
  });
});
