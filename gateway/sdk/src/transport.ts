import { toJson } from "./json";
import { DapError } from "./problem";
import type { JsonObject } from "./types";

/** The result of a call. */
export type Answer =
  | { kind: "done"; body: JsonObject }
  /** The call can be retried; `afterMs` is the delay that the gateway asked for. */
  | { kind: "later"; error: DapError; afterMs?: number }
  | { kind: "refused"; error: DapError };

export interface Transport {
  post(path: string, body: JsonObject): Promise<Answer>;
  /**
   * Hands the call to the browser, which sends it even after the page is closed. Returns false if the browser does not
   * accept it.
   */
  leave(path: string, body: JsonObject): boolean;
  get(path: string, query: Record<string, string>, userToken?: string): Promise<Answer>;
  /** Opens a stream of server-sent events. */
  open(
    path: string,
    query: Record<string, string>,
    userToken: string | undefined,
    signal: AbortSignal,
  ): Promise<Response>;
}

// The gateway's timeout is two seconds shorter and has an answer.
const timeoutMs = 10_000;
// Browsers limit the calls of a closing page to 64 KiB in total.
const keepaliveLimit = 32_000;
const uncached = { credentials: "omit", cache: "no-store" } as const;

export function createTransport(baseUrl: string, tenantKey: string): Transport {
  const url = (path: string, query: Record<string, string>): string =>
    `${baseUrl}${path}?${new URLSearchParams({ ...query, apiKey: tenantKey })}`;
  // Sent as text with the key in the body, so that a call needs no preflight, and a beacon is the same.
  const text = (body: JsonObject): string => toJson({ ...body, _apiKey: tenantKey });

  async function call(target: string, init: RequestInit): Promise<Answer> {
    const abort = new AbortController();
    // Aborting a call that is over has no effect.
    setTimeout(() => abort.abort(), timeoutMs);
    try {
      const response = await fetch(target, { ...init, ...uncached, signal: abort.signal });
      return response.ok ? { kind: "done", body: await response.json() } : await failure(response);
    } catch (problem) {
      return { kind: "later", error: new DapError(`The gateway cannot be reached: ${problem}`, "UNREACHABLE") };
    }
  }

  // Addresses appear in logs and histories, so they contain the publishable key, but no token.
  const headers = (userToken?: string): RequestInit => (userToken ? { headers: { "X-User-Token": userToken } } : {});

  return {
    post(path, body) {
      const sent = text(body);
      return call(baseUrl + path, { method: "POST", body: sent, keepalive: sent.length < keepaliveLimit });
    },
    leave: (path, body) => !!navigator.sendBeacon?.(baseUrl + path, text(body)),
    get: (path, query, userToken) => call(url(path, query), headers(userToken)),
    open: (path, query, userToken, signal) => fetch(url(path, query), { ...headers(userToken), ...uncached, signal }),
  };
}

async function failure(response: Response): Promise<Answer> {
  const { status } = response;
  const problem = await response.json().catch(() => ({}));
  const error = new DapError(
    problem.detail ?? `The gateway answered ${status}.`,
    problem.reason ?? "UNREACHABLE",
    status,
    problem.errors,
  );
  // An answer without a reason is not from the gateway, but from a proxy before it. A call that the services do not
  // know yet must not block others.
  if (problem.reason && /^4(?!08|29)|501/.test(`${status}`)) return { kind: "refused", error };

  const seconds = parseFloat(response.headers.get("Retry-After") ?? "");
  return { kind: "later", error, ...(seconds >= 0 && { afterMs: seconds * 1000 }) };
}
