// Builds dist/sdk.js (for pages, global DAP) and dist/sdk.render.js (which it loads when there is something to show), dist/index.js with
// dist/index.d.ts (for npm), and fails when a page would have to load more than it was promised.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { shared } from "./bundle.js";

const limit = 10_000;

const run = (tool, ...args) => execFileSync(tool, args, { stdio: ["ignore", "inherit", "inherit"] });

// Names under which the parts of the script know each other. Whoever is outside (pages, the gateway, the browser, what the browser has
// stored, the renderer) never sees one of them, so they may be short.
const inside = new RegExp(
  "^(about|addEvent|adopt|afterMs|answered|applyAnswer|awaitIdentify|become|counting|dropDone|failed|forgive|halt|intervalMs" +
    "|isAsked|isDone|isElsewhere|isHosts|isOpen|isOther|isStreaming|leave|onChange|onTheWay|readdress|record|renew|renewVisitor" +
    "|restart|schedule|selectors|succeed|transport|waiting)$",
);

// Every page loads these, so each byte counts: a second tool makes them smaller still.
async function buildScript(entry, outfile, options) {
  await build({
    ...shared,
    ...options,
    entryPoints: [entry],
    outfile,
    format: "iife",
    minify: false,
    mangleProps: inside,
  });
  const { code, map } = await minify(readFileSync(outfile, "utf8"), {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true },
    sourceMap: { content: readFileSync(`${outfile}.map`, "utf8"), url: `${outfile.slice(5)}.map` },
  });
  writeFileSync(outfile, code);
  writeFileSync(`${outfile}.map`, map);
}

rmSync("dist", { recursive: true, force: true });
run("buf", "generate");
run("tsc", "--project", ".");
await buildScript("src/renderGlobal.ts", "dist/sdk.render.js");
// The mark makes browsers take the renderer that belongs to the script.
const mark = createHash("sha256").update(readFileSync("dist/sdk.render.js")).digest("hex").slice(0, 8);
await buildScript("src/global.ts", "dist/sdk.js", {
  define: { rendererFile: JSON.stringify(`sdk.render.js?v=${mark}`) },
});
await build({
  ...shared,
  entryPoints: { index: "src/index.ts" },
  outdir: "dist",
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
});
run(
  "dts-bundle-generator",
  "--silent",
  "--no-check",
  "--external-inlines=@bufbuild/protobuf",
  "--project=tsconfig.json",
  "--out-file=dist/index.d.ts",
  "src/index.ts",
);

for (const file of ["dist/sdk.js", "dist/sdk.render.js"]) {
  const size = gzipSync(readFileSync(file), { level: 9 }).length;
  console.log(`${file} is ${size} of ${limit} bytes, gzipped`);
  if (size > limit) {
    console.error(`${file} is ${size - limit} bytes too large.`);
    process.exitCode = 1;
  }
}
