import { vi } from "vitest";
import type { EnrollmentJson, JsonObject, PositionJson } from "../src/types";

/** One call that reached the gateway. */
export interface Call {
  path: string;
  body: JsonObject;
  query: URLSearchParams;
  headers: Record<string, string>;
  keepalive: boolean;
}

type Reply = { status?: number; body?: unknown; headers?: Record<string, string> } | "unreachable";

/** The gateway as seen from `fetch` and `sendBeacon`: keeps what came and answers as a test says. */
export class Gateway {
  readonly calls: Call[] = [];
  readonly beacons: Call[] = [];
  readonly streams: FakeStream[] = [];
  takesBeacons = true;

  /** What to answer to a path that ends so; the last rule that fits counts. */
  private readonly rules: [string, (call: Call) => Reply | Promise<Reply>][] = [];

  constructor() {
    this.on("/sdk/journeys", () => ({ body: { journeys: [], clickSelectors: [] } }));
    this.on("/sdk/events", (call) => ({
      body: { accepted: (call.body.events as unknown[]).length, duplicates: 0, journeys: [] },
    }));
    this.on("/sdk/identify", (call) => ({
      body: { userId: call.body.userId, anonymousId: call.body.anonymousId, merged: true, journeys: [] },
    }));

    this.on("/shown", () => ({ body: { recorded: true } }));

    vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => this.fetch(url, init));
    Object.defineProperty(navigator, "sendBeacon", {
      configurable: true,
      value: (url: string, text: string) => this.beacon(url, text),
    });
  }

  on(end: string, answer: (call: Call) => Reply | Promise<Reply>): void {
    this.rules.unshift([end, answer]);
  }

  of(end: string): Call[] {
    return this.calls.filter((call) => call.path.endsWith(end));
  }

  /** Every event that came by call, in order. */
  events(): JsonObject[] {
    return this.of("/sdk/events").flatMap((call) => call.body.events as JsonObject[]);
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    const call = parse(url, init.body as string, init);
    if (call.path.endsWith("/sdk/stream") && !this.rules.some(([end]) => end === "/sdk/stream")) {
      const stream = new FakeStream(url, call.headers, init.signal!);
      this.streams.push(stream);
      return stream.response;
    }
    this.calls.push(call);
    const reply = (await this.rules.find(([end]) => call.path.endsWith(end))?.[1](call)) ?? { status: 404, body: {} };
    if (reply === "unreachable") throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(reply.body ?? {}), {
      status: reply.status ?? 200,
      headers: reply.headers ?? {},
    });
  }

  private beacon(url: string, text: string): boolean {
    if (this.takesBeacons) this.beacons.push(parse(url, text, {}));
    return this.takesBeacons;
  }
}

/** A stream of server-sent events that a test speaks through. */
export class FakeStream {
  readonly response: Response;
  private lines!: ReadableStreamDefaultController<Uint8Array>;

  constructor(
    readonly url: string,
    readonly headers: Record<string, string>,
    private readonly signal: AbortSignal,
  ) {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (this.lines = controller) });
    this.response = new Response(body, { headers: { "Content-Type": "text/event-stream" } });
    signal.addEventListener("abort", () => this.lines.error(signal.reason));
    this.write(": connected\n\n");
  }

  get isClosed(): boolean {
    return this.signal.aborted;
  }

  say(kind: "POSITION" | "ENDED", position: PositionJson): void {
    this.write(`event: ${kind}\ndata: ${JSON.stringify({ kind, position })}\n\n`);
  }

  /** Says as a gateway does that the stream may not go on, and ends it. */
  refuse(reason: string): void {
    this.write(`event: problem\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.lines.close();
  }

  /** Breaks off. */
  fail(): void {
    this.lines.error(new TypeError("network error"));
  }

  /** Any part of what is said, also half a line. */
  write(text: string): void {
    this.lines.enqueue(new TextEncoder().encode(text));
  }
}

function parse(url: string, text: string | undefined, init: RequestInit): Call {
  const { pathname, searchParams } = new URL(url);
  return {
    path: pathname,
    query: searchParams,
    body: text ? JSON.parse(text) : {},
    headers: { ...(init.headers as Record<string, string>) },
    keepalive: init.keepalive === true,
  };
}

export const journeyId = "01890a5d-ac96-774b-bcce-b302099a8057";
let clock = Date.parse("2026-01-05T12:00:00Z");

/** An enrollment that is newer than those made before it. */
export const enrollment = (more: EnrollmentJson = {}): EnrollmentJson => ({
  id: "e1",
  journeyId,
  status: "ACTIVE",
  attempt: 1,
  updateTime: new Date((clock += 1000)).toISOString(),
  ...more,
});

/** A person at content. */
export const positionAt = (nodeId: string, more: Partial<PositionJson> = {}): PositionJson => ({
  journeyId,
  journeyName: "Hello",
  stepsDone: 0,
  enrollment: enrollment({ currentNodeId: nodeId }),
  step: { nodeId, contentType: "ANNOUNCEMENT", contentId: `c-${nodeId}`, payload: { title: `Title of ${nodeId}` } },
  ...more,
});

/** Has a gateway answer enrolling, reporting and stopping as if all went well. */
export function gatewayAnswers(gateway: Gateway): void {
  gateway.on("/enroll", () => ({
    body: { enrollment: enrollment(), created: true, journeyName: "Hello", step: positionAt("hi").step },
  }));
  gateway.on("/progress", () => ({
    body: { enrollment: enrollment(), applied: true, held: false, stepsDone: 1, step: positionAt("next").step },
  }));
  gateway.on("/stop", () => ({ body: { enrollment: enrollment({ status: "STOPPED" }) } }));
}
