import { describe, expect, it } from "vitest";
import { columnOf, faultOf, guessIds, OpenQuote, parseCsv, parseIds } from "./csv";

const idsOf = (text: string) => {
  const rows = parseCsv(text);
  const { column, hasHeader } = guessIds(rows);
  return columnOf(hasHeader ? rows.slice(1) : rows, column);
};

describe("tables as programs save them give their ids", () => {
  it.each([
    ["with returns between lines, as old programs for Macs save", "user_id,name\ru-1,Ada\ru-2,Ben\r", "u-1 u-2"],
    ["after a line for Excel that names the separator", "sep=;\r\nuser_id;name\r\nu-1;Ada\r\nu-2;Ben\r\n", "u-1 u-2"],
    ["with commas inside of quoted names", '"Last name, first name";"User ID"\r\n"Ada, L";"u-1"\r\n', "u-1"],
    ["with pipes", "user_id|name\r\nu-1|Ada\r\nu-2|Ben\r\n", "u-1 u-2"],
    ["with a quote that nobody closed", 'user_id,note\r\nu-1,"oops\r\nu-2,fine\r\nu-3,fine\r\n', "u-1 u-2 u-3"],
    ["with signs that nobody sees", "user_id\r\nu-1\u200b\r\nu-1\r\n\ufeffu-2\r\n", "u-1 u-2"],
    ["as external ids", "external_id\r\nu-1\r\nu-2\r\n", "u-1 u-2"],
    ["of Mixpanel", "$distinct_id,$email\r\nu-1,a@x.example\r\nu-2,b@x.example\r\n", "u-1 u-2"],
    ["of HubSpot", "Record ID,First Name,Email\r\n101,Ada,a@x.example\r\n102,Ben,b@x.example\r\n", "101 102"],
    ["under a name that only ends so", "Name,accountId\nAda,u-1\n", "u-1"],
    ["under no name at all", "u-1\nu-2\n", "u-1 u-2"],
  ])("%s", (_, text, ids) => expect(idsOf(text).join(" ")).toBe(ids));
});

it("signs that nobody sees are no part of pasted ids", () => expect(parseIds("\u200bu-1\nu-1\u2060")).toEqual(["u-1"]));

it("an id with a character that could not be read is left out", () =>
  expect(faultOf("m\ufffdller")).toBe("has a character that could not be read"));

describe("a quote that only a later row closes", () => {
  it.each([
    ["that quotes a field", 'user_id,note\r\nu-1,"oops\r\nu-2,fine\r\nu-3,"Ada, L"\r\nu-4,x\r\n', 2],
    ["after a line that names the separator", 'sep=;\nuser_id;note\nu-1;"oops\nu-2;"fine"\n', 3],
    ["after a field of two lines", 'id,note\nu-1,"two\nlines"\nu-2,"oops\nu-3,"fine"\n', 4],
  ])("%s is told with its line, since the rows between would be lost", (_, text, line) =>
    expect(() => parseCsv(text)).toThrow(new OpenQuote(line)),
  );

  it("is none where the field has line breaks, or signs follow its quotes in the same line", () =>
    expect(parseCsv('u-1,"two\nlines" ,x\nu-2,"Ada" L\n')).toEqual([
      ["u-1", "two\nlines", "x"],
      ["u-2", "Ada L"],
    ]));
});
