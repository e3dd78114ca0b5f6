import { describe, expect, it } from "vitest";
import { columnOf, faultOf, guessIds, parseCsv, parseIds } from "./csv";
import { inChunks } from "./inChunks";

it.each(["user1\nuser2", "id-001\nid-002", "customer_id_7\ncustomer_id_8"])(
  "ids that look like names stay: %s",
  (text) => expect(guessIds(parseCsv(text))).toEqual({ column: 0, hasHeader: false }),
);

describe("tables", () => {
  it("are read with quotes, doubled quotes and line breaks in quotes", () =>
    expect(parseCsv('user_id,name\r\nu1,"Ada ""the first"", Countess"\r\n"u2","two\nlines"\r\n')).toEqual([
      ["user_id", "name"],
      ["u1", 'Ada "the first", Countess'],
      ["u2", "two\nlines"],
    ]));

  it("are read with semicolons, after a byte order mark, without empty lines", () =>
    expect(parseCsv("\uFEFFid;plan\n\nu1;pro\n;\n")).toEqual([
      ["id", "plan"],
      ["u1", "pro"],
    ]));

  it("end with the last field even without a line break", () => expect(parseCsv("u1\nu2")).toEqual([["u1"], ["u2"]]));

  it.each([
    [
      [
        ["E-mail", "User ID"],
        ["a@b.c", "u1"],
      ],
      { column: 1, hasHeader: true },
    ],
    [[["email"], ["a@b.c"]], { column: 0, hasHeader: true }],
    [
      [
        ["u1", "x"],
        ["u2", "y"],
      ],
      { column: 0, hasHeader: false },
    ],
  ])("%j has its ids in %j", (rows, guess) => expect(guessIds(rows)).toEqual(guess));

  it("give a column without gaps and repeats", () =>
    expect(columnOf([["u1", "a"], ["u2"], ["u1"], [""]], 0)).toEqual(["u1", "u2"]));
});

describe("pasted ids", () => {
  it("are split at lines, commas, semicolons and tabs, each once", () =>
    expect(parseIds(" u1\nu2, u3;u1\tu 4\n\n")).toEqual(["u1", "u2", "u3", "u 4"]));

  it("are refused as the API would", () => {
    expect(faultOf("u".repeat(256))).toBeUndefined();
    expect(faultOf("u".repeat(257))).toBe("longer than 256 characters");
    expect(faultOf("a\u0007")).toBe("has control characters");
  });
});

describe("sending in chunks", () => {
  it("sends all in order and tells how far it is", async () => {
    const sent: number[][] = [];
    const progress: number[] = [];

    await inChunks(
      [1, 2, 3, 4, 5],
      2,
      async (chunk) => {
        sent.push([...chunk]);
      },
      (done) => progress.push(done),
    );

    expect(sent).toEqual([[1, 2], [3, 4], [5]]);
    expect(progress).toEqual([2, 4, 5]);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const sent: number[] = [];

    await expect(
      inChunks(
        [1, 2, 3],
        1,
        async ([item]) => {
          sent.push(item!);
          stop.abort();
        },
        () => {},
        stop.signal,
      ),
    ).rejects.toThrow();

    expect(sent).toEqual([1]);
  });
});
