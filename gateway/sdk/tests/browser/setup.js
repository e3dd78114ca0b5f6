import { existsSync } from "node:fs";
import { build } from "esbuild";
import { shared } from "../../bundle.js";

/** Provides the tests in a browser with the renderer as pages get it, and the place of the system's Chromium. */
export default async function setup({ provide }) {
  const { outputFiles } = await build({
    ...shared,
    sourcemap: false,
    entryPoints: [`${import.meta.dirname}/../../src/renderGlobal.ts`],
    format: "iife",
    write: false,
  });
  provide("renderer", outputFiles[0].text);
  provide("chromium", process.env.JOURNEYS_CHROMIUM || onPath("chromium", "chromium-browser", "google-chrome"));
}

const onPath = (...names) =>
  names.flatMap((name) => process.env.PATH.split(":").map((folder) => `${folder}/${name}`)).find(existsSync) ?? "";
