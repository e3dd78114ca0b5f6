import { type Client, startClient } from "./client";
import { addHandler, type Handlers } from "./events";
import { createLog, type Log } from "./log";
import { readOptions, type Settings } from "./options";
import { DapError, wrongCall } from "./problem";
import type { LoadRenderer } from "./render/presenter";
import { forget } from "./storage";
import type { Consent, Dap, Options, Ready } from "./types";

type Command = Exclude<keyof Client, "ready" | "end">;

/** A call that waits for the client. `drop` rejects it. */
interface Early {
  run(): void;
  drop(problem: DapError): void;
}

const commands: readonly string[] = ["identify", "track", "page", "reset", "enroll", "progress", "stop"];

/** The answer of `init` while no person is known. */
export const nobody: Ready = { anonymousId: "", userId: "", online: false, journeys: [] };

/** Creates the function that pages call. Calls before `init` and before the person's consent wait in order. */
export function createDap(defaultBaseUrl: string, loadRenderer: LoadRenderer): Dap {
  let handlers: Handlers = {};
  let log: Log = () => undefined;
  let settings: Settings | undefined;
  let consent: Consent | undefined;
  let client: Client | undefined;
  let ready: Promise<Ready> | undefined;
  let early: Early[] = [];

  function init(options: Options = {} as Options): Promise<Ready> {
    if (ready) {
      log("init has already been called; this call changes nothing.");
      return ready;
    }
    log = createLog(options?.debug === true);
    settings = readOptions(options ?? {}, defaultBaseUrl, log);
    // The `consent` command overrides the options, because the person was asked.
    const isRefused =
      settings.globalPrivacyControl && !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl;
    const begun = agree(consent ?? (isRefused ? "denied" : settings.consent));
    ready = isRenderedAhead()
      ? new Promise((resolve) =>
          document.addEventListener("prerenderingchange", () => resolve(begin()), { once: true }),
        )
      : begun;
    return ready;
  }

  function agree(answer: Consent): Promise<Ready> {
    if (!/^(granted|denied|pending)$/.test(answer)) throw wrongCall("consent must be granted, denied or pending.");
    consent = answer;
    if (!settings || answer === "granted") return begin();
    const problem = new DapError("The person has not given consent.", "NO_CONSENT");
    end(problem, false);
    if (answer === "denied") {
      drop(problem);
      forget(settings.tenantKey);
    }
    return begin();
  }

  // Starts the client unless a condition is still missing.
  function begin(): Promise<Ready> {
    if (!settings || client || consent !== "granted" || isRenderedAhead()) return Promise.resolve(nobody);
    client = startClient(settings, handlers, loadRenderer, log, () => void agree("denied"));
    const answer = client.ready();
    const waiting = early;
    early = [];
    waiting.forEach((call) => call.run());
    return answer;
  }

  function end(problem: DapError, isSent: boolean): void {
    const ended = client;
    client = undefined;
    ended?.end(problem, isSent);
  }

  function drop(problem: DapError): void {
    early.forEach((call) => call.drop(problem));
    early = [];
  }

  function destroy(): void {
    const problem = new DapError("The SDK was destroyed.", "DESTROYED");
    end(problem, true);
    drop(problem);
    handlers = {};
    settings = consent = ready = undefined;
  }

  function on(name: keyof Handlers, handler: () => void): () => void {
    if (typeof handler !== "function") throw wrongCall("on requires a handler function.");
    return addHandler(handlers, name, handler);
  }

  async function run(command: string, args: unknown[]): Promise<unknown> {
    if (command === "init") return init(args[0] as Options);
    if (command === "on") return on(args[0] as keyof Handlers, args[1] as () => void);
    if (command === "consent") return void agree(args[0] as Consent);
    if (command === "destroy") return destroy();
    if (!commands.includes(command)) throw wrongCall(`There is no command ${command}.`);
    const call = async (): Promise<unknown> => (client![command as Command] as (...all: unknown[]) => unknown)(...args);
    if (client) return call();
    if (settings && consent === "denied") throw new DapError("The person has not given consent.", "NO_CONSENT");
    return new Promise((resolve, drop) => early.push({ run: () => resolve(call()), drop }));
  }

  return ((command: string, ...args: unknown[]) => {
    const answer = run(command, args);
    // An error that the page ignores is not reported as an unhandled rejection.
    answer.catch((problem) => log(problem.message));
    return answer;
  }) as Dap;
}

const isRenderedAhead = (): boolean => !!(document as { prerendering?: boolean }).prerendering;
