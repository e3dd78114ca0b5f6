import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../api/api";
import { queryClient } from "../api/queryClient";
import { become, lookForSession, signOut } from "./session";

const session = { csrfToken: "csrf", member: { email: "ada@example.com" }, memberships: [] };
const signedIn = () => queryClient.getQueryData(["session"]);

describe("a session", () => {
  const answers = vi.fn<() => Response>();
  beforeEach(() => {
    vi.stubGlobal("fetch", () => Promise.resolve(answers()));
    become(session as never);
  });
  afterEach(() => {
    become(null);
    queryClient.clear();
    vi.unstubAllGlobals();
  });

  it("that has ended is waited for by no call where nothing asks for the sign-in", async () => {
    answers.mockImplementation(() => new Response("{}", { status: 401 }));

    await expect(api.get("/api/users")).rejects.toMatchObject({ status: 401 });
    expect(signedIn()).toBeNull();
  });

  it("that has ended is signed out of like any other", async () => {
    answers.mockImplementation(() => new Response("{}", { status: 401 }));

    await expect(signOut()).resolves.toBeUndefined();
    expect(signedIn()).toBeNull();
  });

  it("that is found again and again forgets nothing that was read", async () => {
    queryClient.setQueryData(["/api/journeys"], "read");
    answers.mockImplementation(() => new Response(JSON.stringify({ ...session, csrfToken: "newer" })));

    await Promise.all([lookForSession(), lookForSession()]);

    expect(queryClient.getQueryData(["/api/journeys"])).toBe("read");
    expect(signedIn()).toMatchObject({ csrfToken: "newer" });
  });

  it("of somebody else keeps nothing of what was read", async () => {
    queryClient.setQueryData(["/api/journeys"], "read");
    answers.mockImplementation(
      () => new Response(JSON.stringify({ ...session, member: { email: "bob@example.com" } })),
    );

    await lookForSession();

    expect(queryClient.getQueryData(["/api/journeys"])).toBeUndefined();
  });
});
