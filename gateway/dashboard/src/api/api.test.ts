import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, identify, path, whenSignedOut } from "./api";

const json = (body: object, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

describe("calls of the API", () => {
  const fetched = vi.fn<typeof fetch>();
  beforeEach(() => void vi.stubGlobal("fetch", fetched));
  afterEach(() => {
    vi.unstubAllGlobals();
    fetched.mockReset();
  });

  it("name the site, and carry the session's token when they change something", async () => {
    identify({ csrfToken: "csrf", siteId: "site" });
    fetched.mockImplementation(() => Promise.resolve(json({})));

    await api.get("/api/journeys", { status: ["DRAFT", "PAUSED"], search: "", pageSize: 25 });
    await api.post("/api/journeys", { name: "One" });

    const [read, write] = fetched.mock.calls.map(([url, init]) => ({
      url,
      headers: init!.headers as Headers,
      body: init!.body,
    }));
    expect(read!.url).toBe("/api/journeys?status=DRAFT&status=PAUSED&pageSize=25");
    expect(read!.headers.get("X-Site-Id")).toBe("site");
    expect(read!.headers.has("X-CSRF-Token")).toBe(false);
    expect(write!.headers.get("X-CSRF-Token")).toBe("csrf");
    expect(write!.body).toBe('{"name":"One"}');
  });

  it("stay on their site when the session is read again", async () => {
    identify({ csrfToken: "csrf", siteId: "site" });
    identify({ csrfToken: "newer" });
    fetched.mockImplementation(() => Promise.resolve(json({})));

    await api.post("/api/journeys", {});

    const headers = fetched.mock.calls[0]![1]!.headers as Headers;
    expect([headers.get("X-Site-Id"), headers.get("X-CSRF-Token")]).toEqual(["site", "newer"]);
  });

  it("are made again with the session's newer token when theirs is not good any more", async () => {
    identify({ csrfToken: "old", siteId: "site" });
    const refused = () => json({ reason: "CSRF_TOKEN_MISSING" }, 403);
    fetched.mockImplementation((url, init) =>
      Promise.resolve(
        url === "/api/session"
          ? json({ csrfToken: "new" })
          : (init!.headers as Headers).get("X-CSRF-Token") === "new"
            ? json({ id: "1" })
            : refused(),
      ),
    );

    await expect(api.post("/api/journeys", {})).resolves.toEqual({ id: "1" });
    expect(fetched).toHaveBeenCalledTimes(3);

    fetched.mockImplementation((url) =>
      Promise.resolve(url === "/api/session" ? json({ csrfToken: "new" }) : refused()),
    );
    await expect(api.post("/api/journeys", {})).rejects.toMatchObject({ reason: "CSRF_TOKEN_MISSING" });
    expect(fetched).toHaveBeenCalledTimes(5);
  });

  it("are not made again in the name of somebody else who has signed in in another window", async () => {
    identify({ csrfToken: "alice's", email: "alice@example.com", siteId: "site" });
    fetched.mockImplementation((url) =>
      Promise.resolve(
        url === "/api/session"
          ? json({ csrfToken: "bob's", member: { email: "bob@example.com" } })
          : json({ reason: "CSRF_TOKEN_MISSING" }, 403),
      ),
    );

    await expect(api.patch("/api/journeys/1", {})).rejects.toMatchObject({ reason: "CSRF_TOKEN_MISSING" });
    expect(fetched).toHaveBeenCalledTimes(2);
    identify({ csrfToken: "", email: "" });
  });

  it("fail with the problem that the gateway answered", async () => {
    fetched.mockResolvedValue(
      json(
        {
          detail: "The name is too long.",
          reason: "INVALID_ARGUMENT",
          errors: [{ field: "name", message: "is too long" }],
          traceId: "t1",
        },
        400,
      ),
    );

    const error = await api.post("/api/journeys", {}).catch((failure: unknown) => failure);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 400,
      reason: "INVALID_ARGUMENT",
      message: "The name is too long.",
      errors: [{ field: "name" }],
      traceId: "t1",
    });
  });

  it("fail with words of their own when no server answers, or something else does", async () => {
    fetched.mockRejectedValueOnce(new TypeError("network"));
    fetched.mockResolvedValueOnce(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));

    await expect(api.get("/api/journeys")).rejects.toMatchObject({ status: 0, reason: "UNREACHABLE" });
    await expect(api.get("/api/journeys")).rejects.toMatchObject({ status: 502, reason: "NO_PROBLEM" });
  });

  it("tell when the session has ended", async () => {
    const ended = vi.fn(() => Promise.resolve(false));
    whenSignedOut(ended);
    fetched.mockImplementation(() => Promise.resolve(json({ reason: "SESSION_ENDED" }, 401)));

    await expect(api.get("/api/session")).rejects.toThrow();
    expect(ended).not.toHaveBeenCalled();
    await expect(api.get("/api/users")).rejects.toThrow();
    expect(ended).toHaveBeenCalledOnce();
  });

  it("are made once more, with the new token, when the member has signed in again", async () => {
    identify({ csrfToken: "old", siteId: "site" });
    whenSignedOut(() => {
      identify({ csrfToken: "new" });
      return Promise.resolve(true);
    });
    fetched.mockImplementation((_, init) =>
      Promise.resolve(
        (init!.headers as Headers).get("X-CSRF-Token") === "new"
          ? json({ revision: 2 })
          : json({ reason: "SESSION_ENDED" }, 401),
      ),
    );
    await expect(api.patch("/api/journeys/1", { name: "Typed" })).resolves.toEqual({ revision: 2 });
    expect(fetched.mock.lastCall![1]!.body).toBe('{"name":"Typed"}');

    fetched.mockReset().mockImplementation(() => Promise.resolve(json({ reason: "SESSION_ENDED" }, 401)));
    await expect(api.patch("/api/journeys/1", {})).rejects.toMatchObject({ status: 401 });
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});

describe("paths", () => {
  it("encode what is put into them", () =>
    expect(path`/api/users/${"a/b?c"}/export`).toBe("/api/users/a%2Fb%3Fc/export"));
});
