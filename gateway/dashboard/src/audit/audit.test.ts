import { describe, expect, it } from "vitest";
import type { AuditEntry } from "./calls";
import { actionInWords, outcomeInWords, toCsv } from "./words";

const entry = (change: Partial<AuditEntry>) =>
  ({
    time: "2026-11-26T05:00:00Z",
    actorKind: "MEMBER",
    actorName: "ada@example.com",
    action: "PublishJourney",
    outcome: "OK",
    reason: "",
    ...change,
  }) as AuditEntry;

describe("the audit log", () => {
  it.each([
    ["PublishJourney", "Published a journey"],
    ["CreateUserList", "Created a user list"],
    ["DeleteAudience", "Deleted an audience"],
    ["StopEnrollment", "Stopped an enrollment"],
    ["CreateSession", "Signed in"],
    ["FrobnicateThing", "FrobnicateThing"],
  ])("says %s in words", (action, words) => expect(actionInWords(action)).toBe(words));

  it.each([
    [{ outcome: "OK" }, "Done"],
    [{ outcome: "FAILED" }, "Refused"],
    [{ outcome: "PENDING", reason: "SERVICE_UNAVAILABLE" }, "Outcome unknown"],
    [{ outcome: "PENDING" }, "Under way, or outcome unknown"],
  ] as const)("tells how it went: %j", (change, words) => expect(outcomeInWords(entry(change))).toBe(words));

  it("becomes a file in which nothing is a formula and nothing breaks a line", () => {
    const [, first, second] = toCsv([
      entry({ actorName: '=HYPERLINK("x")' }),
      entry({ request: { name: "a,b" } }),
    ]).split("\r\n");

    expect(first).toContain('"\'=HYPERLINK(""x"")"');
    expect(second).toContain('"{""name"":""a,b""}"');
  });
});
