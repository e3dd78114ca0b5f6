/** Calls the public REST API with the session of the page. */

/** A refused call, with the problem+json (RFC 9457) of the gateway's answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** Stable, for example `STALE_REVISION`. Code against it, never against the message. */
    readonly reason: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
    readonly traceId = "",
    /** The seconds to wait after a 429. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** What is wrong with one field of a request. */
export interface FieldError {
  field: string;
  message: string;
}

/** In an answer, plain fields are always present; messages and times may be absent. */
export type Answer<T> = T extends readonly (infer Item)[] ? Answer<Item>[] : T extends object ? AnswerObject<T> : T;
type AnswerObject<T> = {
  [K in keyof T as MayBeAbsent<K, T[K]> extends true ? never : K]-?: Answer<NonNullable<T[K]>>;
} & {
  [K in keyof T as MayBeAbsent<K, T[K]> extends true ? K : never]?: Answer<NonNullable<T[K]>>;
};
type AbsentByName = `${string}Time` | "since" | "until" | "reEnrollmentCooldown" | "deadline" | "within";
type MayBeAbsent<K, V> = K extends AbsentByName
  ? true
  : NonNullable<V> extends readonly unknown[]
    ? false
    : NonNullable<V> extends object
      ? true
      : false;

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

let csrfToken = "";
let siteId = "";
let email = "";
let onSignedOut: () => Promise<boolean> = () => Promise.resolve(false);

/** Sets the session and the site of all later calls. Omitted values stay unchanged. */
export function identify(session: { csrfToken: string; email?: string; siteId?: string }): void {
  csrfToken = session.csrfToken;
  email = session.email ?? email;
  siteId = session.siteId ?? siteId;
}

/**
 * Sets the callback for calls that are refused because there is no session. If it returns true, the call is repeated.
 */
export function whenSignedOut(callback: () => Promise<boolean>): void {
  onSignedOut = callback;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    call<T>("GET", withQuery(path, query), undefined, signal),
  post: <T>(path: string, body: object = {}, signal?: AbortSignal) => call<T>("POST", path, body, signal),
  put: <T>(path: string, body: object) => call<T>("PUT", path, body),
  patch: <T>(path: string, body: object) => call<T>("PATCH", path, body),
  delete: <T>(path: string) => call<T>("DELETE", path),
};

/** Returns a path with every value encoded: ``path`/api/users/${userId}` ``. */
export function path(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return strings.reduce((text, part, i) => text + part + (i < values.length ? encodeURIComponent(values[i]!) : ""), "");
}

/** Returns a request id for a creating call, so that a repeat creates nothing twice. */
export const newRequestId = (): string => crypto.randomUUID();

async function call<T>(
  method: string,
  url: string,
  body?: object,
  signal?: AbortSignal,
  isRetry = false,
): Promise<Answer<T>> {
  const headers = new Headers({ Accept: "application/json" });
  if (body) headers.set("Content-Type", "application/json");
  if (method !== "GET" && csrfToken) headers.set("X-CSRF-Token", csrfToken);
  if (siteId) headers.set("X-Site-Id", siteId);

  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      signal: signal ?? null,
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "UNREACHABLE", "The server cannot be reached. Check your connection; nothing was changed.");
  }

  if (response.ok) return (response.status === 204 ? {} : await response.json()) as Answer<T>;

  const problem = await problemOf(response);
  // An update of the server may have changed how the token is derived. The refused call had no effect, so it is
  // repeated.
  if (problem.reason === "CSRF_TOKEN_MISSING" && !isRetry && (await takeNewToken()))
    return call(method, url, body, signal, true);
  // The refused call had no effect, so it is repeated.
  if (problem.status === 401 && url !== "/api/session" && (await onSignedOut()) && !isRetry)
    return call(method, url, body, signal, true);
  throw problem;
}

/** Returns whether the session has a new token and still belongs to the same member. */
async function takeNewToken(): Promise<boolean> {
  const before = csrfToken;
  const session = await call<{ csrfToken: string; member?: { email: string } }>("GET", "/api/session");
  // Another member may have signed in in another window. Changes of this page must not be stored in that member's name.
  if ((session.member?.email ?? "") !== email) return false;
  csrfToken = session.csrfToken;
  return csrfToken !== before;
}

function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((item) => search.append(name, item));
    else if (value !== undefined && value !== "" && value !== false) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  try {
    const problem = (await response.json()) as {
      detail?: string;
      title?: string;
      reason?: string;
      errors?: FieldError[];
      traceId?: string;
    };
    return new ApiError(
      response.status,
      problem.reason ?? "",
      problem.detail || problem.title || response.statusText,
      problem.errors,
      problem.traceId,
      retryAfter,
    );
  } catch {
    return new ApiError(
      response.status,
      "NO_PROBLEM",
      `The server answered ${response.status} ${response.statusText}.`,
      [],
      "",
      retryAfter,
    );
  }
}
