import { describe, expect, it } from "vitest";
import type { SimulatedPerson } from "./calls";
import { endingInWords, findingTitle, shareOf, visitsOf, wholeEndingInWords } from "./words";

describe("words", () => {
  it.each([
    ["ACTIVE", "Still inside"],
    ["NOT_ENTERED", "Never entered"],
    ["COMPLETED won at last", "Completed: won at last"],
    ["COMPLETED ", "Completed"],
    ["STOPPED EXIT_RULE", "Stopped: left early by an exit rule"],
  ])("of the ending %j are %j", (ending, words) => expect(wholeEndingInWords(ending)).toBe(words));

  it("are there for endings and findings that are not known yet", () => {
    expect(endingInWords("STOPPED", "SOME_REASON")).toBe("Stopped: some reason");
    expect(findingTitle("SOMETHING_NEW")).toBe("Something new");
  });

  it.each([
    [0, 10, "0%"],
    [10, 10, "100%"],
    [1, 10_000, "<0.1%"],
    [9_999, 10_000, ">99.9%"],
    [31, 1_000, "3.1%"],
    [0, 0, ""],
  ])("of %i in %i are %j", (count, of, words) => expect(shareOf(count, of)).toBe(words));
});

describe("the visits of an attempt", () => {
  const attempt = (enterTime: string, endTime?: string) => ({
    visits: [{ visitNo: 1, nodeId: "ask", branch: "", cause: "api", detail: "", time: enterTime, notes: [] }],
    status: "COMPLETED",
    outcome: "",
    stopReason: "",
    enterTime,
    ...(endTime ? { endTime } : {}),
  });
  const report = (time: string, rating: number) => ({
    time,
    report: { nodeId: "ask", outcome: "COMPLETED", visitNo: 1, data: { rating } },
  });

  it("have what was answered during that attempt, and no other", () => {
    const first = attempt("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    const second = attempt("2026-01-03T00:00:00.500Z");
    const person = {
      attempts: [first, second],
      // Times with and without fractions of a second differ in length.
      happenings: [report("2026-01-01T00:00:00.250Z", 1), report("2026-01-03T00:00:01Z", 2)],
    } as unknown as SimulatedPerson;

    expect(visitsOf(first as never, person).map(({ answers }) => answers)).toEqual([{ rating: 1 }]);
    expect(visitsOf(second as never, person).map(({ answers }) => answers)).toEqual([{ rating: 2 }]);
    expect(visitsOf(first as never, person)[0]!.enterTime).toBe("2026-01-01T00:00:00Z");
  });
});
