import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { isSlug } from "./graph";
import { waysOut } from "./nodes";

interface Cases {
  ways: readonly { node: NodeJson; required: readonly string[]; optional: readonly string[] }[];
  ids: { good: readonly string[]; bad: readonly string[] };
}

// The tests of the services use the same file.
const file = fileURLToPath(new URL("../../../../tests/agreement/graphs.json", import.meta.url));
const cases = JSON.parse(readFileSync(file, "utf8")) as Cases;

describe("what the engine knows of graphs, too", () => {
  it.each(cases.ways)("the ways out of $node", ({ node, required, optional }) => {
    const ways = waysOut(node);
    const named = (isOptional: boolean) =>
      ways.filter((way) => (way.optional ?? false) === isOptional).map((way) => way.branch);

    expect(named(false)).toEqual(required);
    expect(named(true)).toEqual(optional);
  });

  it.each(cases.ids.good)("%j is an id", (id) => expect(isSlug(id)).toBe(true));

  it.each(cases.ids.bad)("%j is not an id", (id) => expect(isSlug(id)).toBe(false));
});

it("draws a way out that has no name yet by no name", () => {
  expect(waysOut({ condition: { branches: [{ name: "" }] } }).map((way) => way.branch)).toEqual(["else"]);
});
