import { describe, expect, it } from "vitest";
import { asDamagedUtf8, decode, guessEncoding, refusalOf } from "./decode";

const bytes = (...signs: number[]) => new Uint8Array(signs);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("the text of a file", () => {
  it("is read strictly: what is not UTF-8 is never read as if it were", () => {
    const western = bytes(0x6d, 0xfc, 0x6c, 0x6c, 0x65, 0x72);

    expect(guessEncoding(western)).toBe("windows-1252");
    expect(decode(western, "windows-1252")).toBe("müller");
    expect(decode(western, "utf-8")).toBeUndefined();
  });

  it("is UTF-8 wherever it can be, with a mark or without", () => {
    expect(guessEncoding(utf8("müller"))).toBe("utf-8");
    expect(decode(utf8("\ufeffuser_id"), "utf-8")).toBe("user_id");
  });

  it("is UTF-16 with a mark, and without where it shows", () => {
    const text = bytes(...[..."user_id,ü\n"].flatMap((sign) => [sign.charCodeAt(0), 0]));

    expect(guessEncoding(bytes(0xff, 0xfe, ...text))).toBe("utf-16le");
    expect(guessEncoding(text)).toBe("utf-16le");
    expect(decode(text, "utf-16le")).toBe("user_id,ü\n");
    expect(guessEncoding(bytes(0xfe, 0xff, 0, 0x75))).toBe("utf-16be");
  });

  it("is not there in a spreadsheet's own file, which is said", () => {
    expect(refusalOf(bytes(0x50, 0x4b, 0x03, 0x04, 0x14))).toContain("Save the sheet as CSV");
    expect(refusalOf(bytes(0xd0, 0xcf, 0x11, 0xe0))).toContain("old Excel file");
    expect(refusalOf(utf8("user_id"))).toBeUndefined();
  });

  it("that is UTF-8 but for a byte keeps its other letters, and the line of that byte is told", () => {
    const damaged = bytes(...utf8("id\nmüller\n"), 0x6d, 0xfc, 0x0a, ...utf8("jürgen\n"));

    expect(asDamagedUtf8(damaged)).toEqual({ text: "id\nmüller\nm\ufffd\njürgen\n", lines: [3] });
    expect(asDamagedUtf8(bytes(0x6d, 0xfc, 0x6c, 0x6c, 0x65, 0x72))).toBeUndefined();
    expect(asDamagedUtf8(utf8("müller"))).toBeUndefined();
  });
});
