// Fails with what AsyncAPI's own parser finds wrong in a description: node check.js FILE
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], "utf8"));
// The rest is information, such as that a newer version of AsyncAPI exists.
const faults = diagnostics.filter(({ severity }) => severity <= 1);
for (const { code, path, message } of faults) console.log(`${code} ${path.join(".")}: ${message}`);
if (!document || faults.length > 0) process.exit(1);
console.log(`${document.operations().all().length} operations, ${document.messages().all().length} messages`);
