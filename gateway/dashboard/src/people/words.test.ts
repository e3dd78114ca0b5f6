import { describe, expect, it } from "vitest";
import { causeInWords, personOf, reasonInWords, stays } from "./words";

describe("a history in words", () => {
  it.each([
    ["api", "Enrolled by a call or in the dashboard"],
    ["report:SKIPPED", "Skipped the content"],
    ["event:order:paid", "Did order:paid"],
    ["trigger:page", "Entered by a page visit"],
    ["trait:trialEndsAt", "The date in trialEndsAt changed"],
    ["trigger:signed_up", "Entered with the event signed_up"],
    ["something-new", "something-new"],
  ])("%s: %s", (cause, words) => expect(causeInWords(cause)).toBe(words));

  it("says why somebody left early, also for a reason it does not know", () => {
    expect(reasonInWords("OPT_OUT")).toBe("opted out");
    expect(reasonInWords("GIVEN_UP")).toBe("given up");
  });

  it("counts each stay until the next visit, the last until the end", () => {
    const visits = [
      { enterTime: "2026-11-24T12:00:00Z" },
      { enterTime: "2026-11-24T12:00:00Z" },
      { enterTime: "2026-11-24T12:01:30Z" },
    ];

    expect(stays(visits, Date.parse("2026-11-24T13:01:30Z"))).toEqual([0, 90, 3_600]);
  });

  it("names a visitor by the visitor's id", () => expect(personOf({ userId: "", anonymousId: "v1" })).toBe("v1"));
});
