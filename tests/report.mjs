// Writes what runs showed (docs/results/*.json) into the documents that ask for it; with --check it only says whether
// they are up to date. A document has the comments `results NAME` for the sentence about a run, `results NAME TABLE`
// for one of its tables, or `crash points` for the list of those, each with a comment `end` behind.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const documents = ["docs/performance.md", "docs/reliability.md"];
// A block without an end must not take the next one's.
const block = /(<!-- (results|crash points)([^>]*) -->\n)(?:(?!<!-- (?:results|crash points))[\s\S])*?(<!-- end -->)/g;

const read = (path) => readFileSync(new URL(path, root), "utf8");

const results = Object.fromEntries(
  readdirSync(new URL("docs/results", root))
    .filter((file) => file.endsWith(".json"))
    .map((file) => [file.slice(0, -".json".length), JSON.parse(read(`docs/results/${file}`))]),
);

function table({ columns, rows }) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(columns), `|${"---|".repeat(columns.length)}`, ...rows.map(line)].join("\n");
}

function sentence({ command, commit, date, machine, versions, outcome }) {
  return `\`${command}\`: ${outcome ? `${outcome}. ` : ""}${date}, commit ${commit}, ${versions}, ${machine}.`;
}

// The members of the enumeration, each with its summary.
function crashPoints() {
  const members = /\/\/\/ <summary>(.*?)<\/summary>\s*(?:\/\/\/ .*\s*)*(\w+),?\s*$/gms;
  const source = read("services/BuildingBlocks/CrashPoint.cs");
  const body = source.slice(source.indexOf("enum CrashPoint"));
  const points = [...body.matchAll(members)].map(([, summary, name]) => [
    `\`${name}\``,
    summary.replace(/\s*\/\/\/\s*/g, " ").trim(),
  ]);
  return table({ columns: ["crash point", "what has just happened"], rows: points });
}

function filled(kind, names) {
  if (kind === "crash points") return crashPoints();
  const [name, ...of] = names.trim().split(" ");
  const result = results[name] ?? fail(`There is no docs/results/${name}.json.`);
  if (of.length === 0) return sentence(result);
  return table(result.tables[of[0]] ?? fail(`docs/results/${name}.json has no table ${of[0]}.`));
}

function fail(what) {
  console.error(`tests/report.mjs: ${what}`);
  process.exit(1);
}

for (const document of documents) {
  const before = read(document);
  const after = before.replace(block, (_, begin, kind, names, end) => `${begin}${filled(kind, names)}\n${end}`);
  if (after === before) continue;
  if (process.argv.includes("--check")) fail(`${document} is out of date. Run: node tests/report.mjs`);
  writeFileSync(new URL(document, root), after);
}
