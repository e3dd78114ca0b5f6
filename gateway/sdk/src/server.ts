import { nobody } from "./dap";
import { DapError } from "./problem";
import { quietly } from "./quietly";
import type { Dap } from "./types";

const answered = /^(identify|enroll|progress|stop)$/;

/** The SDK on a server that renders the same code as pages. It does nothing, because a server has no visitor. */
export const serverDap = ((command: string) => quietly(answer(command))) as Dap;

async function answer(command: string): Promise<unknown> {
  if (command === "init") return nobody;
  if (command === "on") return () => undefined;
  if (answered.test(command)) throw new DapError(`${command} is available in browsers only.`, "NO_BROWSER");
  return undefined;
}
