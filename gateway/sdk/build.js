// Builds dist/sdk.js (for pages, global DAP) and dist/sdk.render.js (which it loads when there is something to show),
// dist/sdk.preview.html with its script (for the dashboard), dist/index.js with dist/index.d.ts (for npm), and fails
// when a page would have to load more than it was promised.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import { shared } from "./bundle.js";

const limits = { "dist/sdk.js": 9_600, "dist/sdk.render.js": 9_000 };

const run = (tool, ...args) => execFileSync(tool, args, { stdio: ["ignore", "inherit", "inherit"] });

// Names under which the parts of the script know each other. Whoever is outside (pages, the gateway, the browser, what
// the browser has stored, the renderer) never sees one of them, so they may be short; tests/inside.test.ts holds them
// to that.
const inside = JSON.parse(readFileSync("inside.json", "utf8"));

// Every page loads these, so each byte counts: a second tool makes them smaller still.
async function buildScript(entry, outfile, options) {
  await build({
    ...shared,
    ...options,
    entryPoints: [entry],
    outfile,
    format: "iife",
    minify: false,
    minifySyntax: true,
    mangleProps: new RegExp(`^(${inside.join("|")})$`),
  });
  const { code, map } = await minify(readFileSync(outfile, "utf8"), {
    ecma: 2020,
    toplevel: true,
    compress: { passes: 3, inline: 1, unsafe_methods: true },
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
await buildScript("src/preview.ts", "dist/sdk.preview.js");
copyFileSync("src/preview.html", "dist/sdk.preview.html");
await build({
  ...shared,
  entryPoints: { index: "src/index.ts" },
  outdir: "dist",
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
});
await build({ ...shared, entryPoints: ["src/index.ts"], outfile: "dist/index.cjs", format: "cjs" });
run(
  "dts-bundle-generator",
  "--silent",
  "--no-check",
  "--no-banner",
  "--inline-declare-global",
  "--external-inlines=@bufbuild/protobuf",
  "--project=tsconfig.json",
  "--out-file=dist/index.d.ts",
  "src/index.ts",
);
// What a field is, and not how the gateway's own protocol carries it.
const types = readFileSync("dist/index.d.ts", "utf8")
  .replace(/\/\*\*(?:(?!\*\/)[\s\S])*?google\.protobuf\.(?:Timestamp|Struct)\n \*\/\n(?=export type)/g, "")
  .replace(/\n[\t ]*\*(?=\n[\t ]*\* @generated)/g, "")
  .replace(/\n[\t ]*\* @generated .*/g, "")
  .replace(/"[A-Z_]+_UNSPECIFIED" \| /g, "")
  .replace(/Exclude<(\w+), "[A-Z_]+_UNSPECIFIED">/g, "$1");
writeFileSync("dist/index.d.ts", types);
writeFileSync("dist/index.d.cts", types);

// What somebody gets who installs the package, on a server first.
const leak = /protobuf|@generated|_UNSPECIFIED|Message</.exec(types);
if (leak) throw new Error(`dist/index.d.ts tells of ${leak[0]}.`);
for (const { DAP } of [await import("./dist/index.js"), createRequire(import.meta.url)("./dist/index.cjs")])
  if ((await DAP("init", { tenantKey: "pk_0" })).online !== false)
    throw new Error("The package does not load on a server.");

for (const [file, limit] of Object.entries(limits)) {
  const size = gzipSync(readFileSync(file), { level: 9 }).length;
  console.log(`${file} is ${size} of ${limit} bytes, gzipped`);
  if (size > limit) {
    console.error(`${file} is ${size - limit} bytes too large.`);
    process.exitCode = 1;
  }
}
