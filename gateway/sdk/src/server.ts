import { nobody } from "./dap";
import { DapError } from "./problem";
import { quietly } from "./quietly";
import type { Dap } from "./types";

const answered = /^(identify|enroll|progress|stop)$/;

/** What a server gets that renders the same code as pages: there is nobody to guide, so nothing happens. */
export const serverDap = ((command: string) => quietly(answer(command))) as Dap;

async function answer(command: string): Promise<unknown> {
  if (command === "init") return nobody;
  if (command === "on") return () => undefined;
  if (answered.test(command)) throw new DapError(`${command} needs a browser.`, "NO_BROWSER");
  return undefined;
}
