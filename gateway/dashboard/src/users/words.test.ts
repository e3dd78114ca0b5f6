import { describe, expect, it } from "vitest";
import { entriesOf, nickname, valueText } from "./words";

describe("values", () => {
  it.each([
    ["pro", "pro"],
    [1_234.5, "1,234.5"],
    [true, "yes"],
    [["eu", "beta"], "eu, beta"],
    [null, "–"],
    [[], "–"],
    [{ a: 1 }, '{"a":1}'],
  ])("%j reads %s", (value, text) => expect(valueText(value)).toBe(text));

  it("are listed by name", () =>
    expect(entriesOf({ plan: "pro", email: "a@b.c" }).map(([name]) => name)).toEqual(["email", "plan"]));
});

describe("a user's nickname", () => {
  it("is name and e-mail", () =>
    expect(nickname({ userId: "u1", traits: { name: "Ada", email: "ada@example.com" } })).toBe(
      "Ada · ada@example.com",
    ));

  it("leaves out what the id says already and what is not text", () =>
    expect(nickname({ userId: "ada@example.com", traits: { name: 7, email: "ada@example.com" } })).toBe(""));

  it("is nothing where nothing is known", () => expect(nickname({ userId: "u1" })).toBe(""));
});
