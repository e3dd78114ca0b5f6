import { describe, expect, it } from "vitest";
import { csvLines } from "../ui/csv";
import { type Response, score, toRows } from "./responses";

const response = (answers: NonNullable<Response["answers"]>): Response => ({
  answerTime: "2026-11-26T05:00:00Z",
  userId: "@u1",
  anonymousId: "",
  enrollmentId: "e1",
  visitNo: 2,
  version: 1,
  outcome: "COMPLETED",
  answers,
});

describe("responses", () => {
  it.each([
    [37.5, "+38"],
    [0, "0"],
    [-100, "-100"],
  ])("of %d have the score %s", (nps, text) => expect(score(nps)).toBe(text));

  it("become a file with a column for each question, in which nothing is a formula", () => {
    const rows = toRows(
      [response({ why: "=1+1", many: ["a", "b"], nps: 9 }), response({ why: "-2\tminus" })],
      ["nps", "many", "why"],
    );

    expect(csvLines([["x;=1+1;y", "a; -1", "\n=1", "＝1", "1-1; so =2"]])).toBe(
      "x;'=1+1;y,a;' -1,\"\n'=1\",'＝1,1-1; so =2\r\n",
    );
    expect(csvLines(rows)).toBe(
      "2026-11-26T05:00:00Z,'@u1,,e1,1,COMPLETED,9,\"a, b\",'=1+1\r\n" +
        "2026-11-26T05:00:00Z,'@u1,,e1,1,COMPLETED,,,'-2\tminus\r\n",
    );
  });
});
