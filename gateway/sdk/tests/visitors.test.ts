import { describe, expect, it } from "vitest";
import type { Call } from "./gateway";
import { positionAt } from "./gateway";
import { gateway, settle, start, useBrowser } from "./page";

useBrowser();

const joined = { status: 403, body: { reason: "VISITOR_JOINED" } };

/** Answers as a site that requires user tokens, where the first visitor who came was joined to a user elsewhere. */
function visitorsAreBound(): { visitor(): string } {
  let first = "";
  const check = (call: Call) => {
    const id = (call.body.anonymousId ?? call.query.get("anonymousId")) as string | null;
    if (call.body.userId || call.query.get("userId") || !id) return { body: { journeys: [] } };
    first ||= id;
    return id === first && !call.body._userToken && !call.headers["X-User-Token"] ? joined : { body: { journeys: [] } };
  };
  for (const path of ["/sdk/journeys", "/sdk/events", "/sdk/identify"]) gateway.on(path, check);
  return { visitor: () => first };
}

const visitorOf = (call: Call) => call.body.anonymousId;

describe("a visitor who was joined to a user elsewhere", () => {
  it("becomes a new one, and nothing that was recorded is lost", async () => {
    const site = visitorsAreBound();
    const dap = await start();
    void dap("track", "one");
    void dap("track", "two");
    await settle(3_000);

    const accepted = gateway.of("/sdk/events").at(-1)!;
    expect(gateway.of("/sdk/journeys")[0]!.query.get("anonymousId")).toBe(site.visitor());
    expect((accepted.body.events as { name: string }[]).map((event) => event.name)).toEqual(["one", "two"]);
    expect(visitorOf(accepted)).not.toBe(site.visitor());
    expect(gateway.of("/sdk/journeys").at(-1)!.query.get("anonymousId")).toBe(visitorOf(accepted));
    expect(Object.keys(localStorage).filter((key) => key.includes(".q."))).toEqual([]);
  });

  it("is let go also when somebody else signs in", async () => {
    gateway.on("/sdk/events", (call) => (call.body.anonymousId === first ? joined : { body: { journeys: [] } }));
    const dap = await start();
    const first = gateway.of("/sdk/journeys")[0]!.query.get("anonymousId");
    void dap("track", "before");
    void dap("identify", { userId: "u2", userToken: "mine" });
    await settle(3_000);

    const events = gateway.of("/sdk/events").at(-1)!;
    const identified = gateway.of("/sdk/identify").at(-1)!;
    expect(visitorOf(events)).not.toBe(first);
    expect(identified.body).toMatchObject({ userId: "u2", anonymousId: visitorOf(events) });
  });

  it("stops listening as that visitor when the stream says so", async () => {
    const dap = await start();
    const shown: string[] = [];
    void dap("on", "identity", ({ anonymousId }) => shown.push(anonymousId));
    const before = gateway.streams.at(-1)!;
    before.say("POSITION", positionAt("private"));
    before.refuse("VISITOR_JOINED");
    await settle(3_000);

    expect(shown).toHaveLength(1);
    expect(new URL(gateway.streams.at(-1)!.url).searchParams.get("anonymousId")).toBe(shown[0]);
    expect(new URL(before.url).searchParams.get("anonymousId")).not.toBe(shown[0]);
  });

  it("is asked for again with growing rests where a gateway refuses every visitor", async () => {
    gateway.on("/sdk/events", () => joined);
    const dap = await start();
    void dap("track", "one");
    await settle(20_000);

    expect(gateway.of("/sdk/events").length).toBeLessThan(8);
  });
});

describe("a visitor who becomes a user", () => {
  it("has its events sent with the token of the user", async () => {
    const dap = await start();
    void dap("track", "before");
    void dap("identify", { userId: "u1", userToken: "signed" });
    await settle(300);

    const events = gateway.of("/sdk/events")[0]!;
    expect(events.body).toMatchObject({
      anonymousId: gateway.of("/sdk/identify")[0]!.body.anonymousId,
      _userToken: "signed",
    });
  });

  it("keeps them until there is a token that is good", async () => {
    gateway.on("/sdk/events", (call) =>
      call.body._userToken === "new" ? { body: {} } : { status: 401, body: { reason: "USER_TOKEN_INVALID" } },
    );
    const dap = await start();
    void dap("track", "before");
    void dap("identify", { userId: "u1", userToken: "old" });
    await settle(400);
    void dap("identify", { userId: "u1", userToken: "new" });
    await settle(400);

    expect(gateway.of("/sdk/events").at(-1)!.body).toMatchObject({ _userToken: "new" });
    expect(gateway.events().at(-1)).toMatchObject({ name: "before" });
    expect(Object.keys(localStorage).filter((key) => key.includes(".q."))).toEqual([]);
  });

  it("leaves no token to whoever comes after", async () => {
    const dap = await start();
    void dap("identify", { userId: "u1", userToken: "signed" });
    await settle(10);
    void dap("reset");
    void dap("track", "after");
    await settle(300);

    expect(gateway.of("/sdk/events").at(-1)!.body).not.toHaveProperty("_userToken");
  });
});
