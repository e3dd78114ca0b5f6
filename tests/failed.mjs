// Prints the tests that did not pass of a results file of `dotnet test` (.trx) or Vitest (.json), each with the start
// of what it said.
import { readFileSync } from "node:fs";

const lines = 12;
const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text) {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => entities[name]);
}

function within(xml, element) {
  return new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(xml)?.[1] ?? "";
}

function ofDotnet(text) {
  return [...text.matchAll(/<UnitTestResult ([^>]*?)(?:\/>|>([\s\S]*?)<\/UnitTestResult>)/g)]
    .filter(([, attributes]) => !attributes.includes('outcome="Passed"'))
    .map(([, attributes, body = ""]) => ({
      name: decode(/testName="([^"]*)"/.exec(attributes)[1]),
      said: ["Message", "StackTrace"].map((part) => decode(within(body, part))),
    }));
}

function ofVitest(text) {
  return JSON.parse(text).testResults.flatMap((file) => [
    // A file that could not be read has no tests.
    ...(file.status === "failed" && !file.assertionResults.length ? [{ name: file.name, said: [file.message] }] : []),
    ...file.assertionResults
      .filter((test) => test.status !== "passed")
      .map((test) => ({ name: test.fullName, said: test.failureMessages ?? [] })),
  ]);
}

const path = process.argv[2];
const text = readFileSync(path, "utf8");
for (const { name, said } of path.endsWith(".json") ? ofVitest(text) : ofDotnet(text)) {
  console.log(name);
  const start = said.filter(Boolean).flatMap((part) => part.trim().split("\n", lines));
  for (const line of start) console.log(`  ${line}`);
}
