import type { JsonValue } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { answerText, questionLabels } from "./survey";

describe("answers", () => {
  it("have the labels of their questions, by id or else by place", () => {
    const questions: JsonValue = [{ id: "nps", label: "How likely?" }, { label: "Why?" }, "what", { id: "none" }];

    expect([...questionLabels({ content: { payload: { questions } } })]).toEqual([
      ["nps", "How likely?"],
      ["q2", "Why?"],
    ]);
    expect(questionLabels({ content: { payload: { questions: "none" } } }).size).toBe(0);
  });

  it.each([
    ["words", "words"],
    [9, "9"],
    [["a", "b"], "a, b"],
    [undefined, ""],
    [{ a: 1 }, '{"a":1}'],
  ])("%j reads %s", (value, text) => expect(answerText(value)).toBe(text));
});
