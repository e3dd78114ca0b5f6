import { describe, expect, it } from "vitest";
import { type Choice, mostIds, selectionOf } from "./selection";

const nobody: Choice = { whom: "some", nodeIds: [], versions: [], rule: undefined, userIds: [] };
const isPro = { condition: { field: "traits.plan", operator: "EQ", value: "pro" } } as const;

describe("a selection", () => {
  it("of everybody says nothing else, whatever was chosen before", () =>
    expect(selectionOf({ ...nobody, whom: "all", nodeIds: ["a"], userIds: ["u"] })).toEqual({ all: true }));

  it("never means everybody while nothing is chosen", () => {
    expect(selectionOf(nobody)).toBeUndefined();
    expect(selectionOf({ ...nobody, whom: "ids", nodeIds: ["a"] })).toBeUndefined();
  });

  it("has each part that is set", () => {
    expect(selectionOf({ ...nobody, nodeIds: ["a", "b"] })).toEqual({ nodeIds: ["a", "b"] });
    expect(selectionOf({ ...nobody, versions: ["2"], rule: isPro })).toEqual({ versions: [2], rule: isPro });
    expect(selectionOf({ ...nobody, whom: "ids", userIds: ["u"], rule: isPro })).toEqual({ userIds: ["u"] });
  });

  it("waits for a rule that is not finished, since without it more people would be meant", () =>
    expect(
      selectionOf({
        ...nobody,
        nodeIds: ["a"],
        rule: { condition: { field: "traits.plan", operator: "EQ", value: "" } },
      }),
    ).toBeUndefined());

  it("takes as many ids as the API", () => {
    const ids = Array.from({ length: mostIds + 1 }, (_, i) => `u${i}`);
    expect(selectionOf({ ...nobody, whom: "ids", userIds: ids })).toBeUndefined();
    expect(selectionOf({ ...nobody, whom: "ids", userIds: ids.slice(1) })?.userIds).toHaveLength(mostIds);
  });
});
