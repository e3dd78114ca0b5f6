import { type Client, startClient } from "./client";
import { addHandler, type Handlers } from "./events";
import { createLog, type Log } from "./log";
import { readOptions, type Settings } from "./options";
import type { LoadRenderer } from "./presenter";
import { wrongCall } from "./problem";
import { quietly } from "./quietly";
import type { Dap, Options, Ready } from "./types";

type Command = Exclude<keyof Client, "ready">;

const commands: readonly string[] = ["identify", "track", "page", "reset", "enroll", "progress", "stop"];

/** Makes the function that pages call. Calls before `init` wait for it, in order. */
export function createDap(defaultBaseUrl: string, loadRenderer: LoadRenderer): Dap {
  const handlers: Handlers = {};
  let log: Log = () => undefined;
  let client: Client | undefined;
  let ready: Promise<Ready> | undefined;
  let early: (() => void)[] = [];

  function init(options: Options = {} as Options): Promise<Ready> {
    if (ready) {
      log("init has already been called; this call changes nothing.");
      return ready;
    }
    log = createLog(options?.debug === true);
    const settings = readOptions(options ?? {}, defaultBaseUrl, log);
    return (ready = (document as { prerendering?: boolean }).prerendering
      ? new Promise((resolve) =>
          document.addEventListener("prerenderingchange", () => resolve(begin(settings)), { once: true }),
        )
      : begin(settings));
  }

  function begin(settings: Settings): Promise<Ready> {
    client = startClient(settings, handlers, loadRenderer, log);
    const answer = client.ready();
    early.forEach((call) => call());
    early = [];
    return answer;
  }

  function on(name: keyof Handlers, handler: () => void): () => void {
    if (typeof handler !== "function") throw wrongCall("on needs a function to call.");
    return addHandler(handlers, name, handler);
  }

  async function run(command: string, args: unknown[]): Promise<unknown> {
    if (command === "init") return init(args[0] as Options);
    if (command === "on") return on(args[0] as keyof Handlers, args[1] as () => void);
    if (!commands.includes(command)) throw wrongCall(`There is no command ${command}.`);
    const call = (): unknown => (client![command as Command] as (...all: unknown[]) => unknown)(...args);
    return client
      ? call()
      : new Promise((resolve, reject) =>
          early.push(() => {
            try {
              resolve(call());
            } catch (problem) {
              reject(problem);
            }
          }),
        );
  }

  return ((command: string, ...args: unknown[]) => {
    const answer = run(command, args);
    answer.catch((problem) => log(problem.message));
    return quietly(answer);
  }) as Dap;
}
