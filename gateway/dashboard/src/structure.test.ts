import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../../..", import.meta.url));

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** Returns what each part imports. `partOf` returns the part of a file (without its extension). */
function arrowsOf(folder: string, partOf: (file: string) => string): Arrows {
  const arrows = new Map<string, Set<string>>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/(?<!\.test)(?<!\.d)\.tsx?$/.test(file)) continue;
    const from = partOf(file.replace(/\.tsx?$/, ""));
    const targets = arrows.get(from) ?? new Set();
    arrows.set(from, targets);
    for (const [, path] of readFileSync(join(folder, file), "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const to = partOf(normalize(join(dirname(file), path!)));
      if (to !== from) targets.add(to);
    }
  }
  return arrows;
}

/** Returns the first cycle of imports, as the parts in it. */
function circleOf(arrows: Arrows): string[] | undefined {
  const done = new Set<string>();
  const walk = (part: string, trail: string[]): string[] | undefined => {
    if (trail.includes(part)) return [...trail.slice(trail.indexOf(part)), part];
    if (done.has(part)) return undefined;
    for (const next of arrows.get(part) ?? []) {
      const circle = walk(next, [...trail, part]);
      if (circle) return circle;
    }
    done.add(part);
    return undefined;
  };
  for (const part of arrows.keys()) {
    const circle = walk(part, []);
    if (circle) return circle;
  }
  return undefined;
}

describe("imports", () => {
  it("find a circle where there is one", () =>
    expect(
      circleOf(
        new Map([
          ["a", new Set(["b"])],
          ["b", new Set(["c", "d"])],
          ["d", new Set(["b"])],
        ]),
      ),
    ).toEqual(["b", "d", "b"]));

  it("of the dashboard make no circle of folders", () => {
    const arrows = arrowsOf(join(repository, "gateway/dashboard/src"), (file) => file.replace(/\/.*/, ""));
    expect(arrows.get("builder")).toContain("graph");
    expect(circleOf(arrows)).toBeUndefined();
  });

  it("of the dashboard make no circle of files", () => {
    const arrows = arrowsOf(join(repository, "gateway/dashboard/src"), (file) => file);
    expect(arrows.get("rules/RuleEditor")).toContain("rules/GroupBody");
    expect(circleOf(arrows)).toBeUndefined();
  });

  it("of the SDK make no circle of files", () => {
    const arrows = arrowsOf(join(repository, "gateway/sdk/src"), (file) => file);
    expect(arrows.get("client")).toContain("outbox/outbox");
    expect(circleOf(arrows)).toBeUndefined();
  });
});
