import { afterEach, describe, expect, it, vi } from "vitest";
import { csvLines } from "../ui/csv";
import { exportResponses, type Response, score, toRows } from "./responses";

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
      new Set(["nps", "many", "why"]),
    );

    expect(csvLines([["x;=1+1;y", "a; -1", "\n=1", "＝1", "1-1; so =2"]])).toBe(
      "x;'=1+1;y,a;' -1,\"\n'=1\",'＝1,1-1; so =2\r\n",
    );
    expect(csvLines(rows)).toBe(
      "2026-11-26T05:00:00Z,'@u1,,e1,1,COMPLETED,9,\"a, b\",'=1+1\r\n" +
        "2026-11-26T05:00:00Z,'@u1,,e1,1,COMPLETED,,,'-2\tminus\r\n",
    );
  });

  it("are exported with all answers, also when there are more questions than columns", async () => {
    const answersTo = (...numbers: number[]) => Object.fromEntries(numbers.map((n) => [`q${n}`, `a${n}`]));
    const pages = [
      { responses: [response({ q0: "first" })], nextPageToken: "more" },
      { responses: [response(answersTo(...Array(203).keys()))], nextPageToken: "" },
    ];
    vi.stubGlobal("fetch", () => Promise.resolve(new globalThis.Response(JSON.stringify(pages.shift()))));

    const file = await new Blob(
      await exportResponses("j", { nodeId: "n", version: undefined, from: undefined }, []),
    ).text();

    const [names, first, second] = file.split("\r\n");
    expect(names).toMatch(/^time,.*,outcome,q0,q1,.*,q199,further answers$/);
    expect(first).toMatch(/,COMPLETED,first$/);
    expect(second).toMatch(/,a198,a199,"\{""q200"":""a200"",""q201"":""a201"",""q202"":""a202""\}"$/);
  });
  afterEach(() => vi.unstubAllGlobals());
});
