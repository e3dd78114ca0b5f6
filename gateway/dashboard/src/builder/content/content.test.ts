import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ContentType } from "../../graph/nodes/content";
import { fieldsOf, fitting } from "./fields";
import { withValue } from "./payload";
import { followed, textsOf, translated, translationOf, withLanguage, withoutLanguage } from "./texts";

const survey: JsonObject = {
  title: "How was it?",
  secondary: { label: "Later", url: "/later" },
  questions: [
    { id: "why", type: "single", label: "Why?", options: ["Price", { value: "q", label: "Quality" }] },
    { id: "more", type: "text", label: "Anything else?" },
  ],
};
const inGerman = (path: readonly (string | number)[], text: string, of = survey) => translated(of, "de", path, text);
const german = (payload: JsonObject) => (payload.locales as Record<string, JsonObject>).de!;

const repository = fileURLToPath(new URL("../../../../..", import.meta.url));
const renderer = join(repository, "gateway/sdk/src/render");
const rendererSource = readdirSync(renderer, { encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(renderer, file), "utf8"))
  .join("\n");

/** The names in the first group of a pattern, each once, in order. */
const namesIn = (source: string, ...patterns: RegExp[]): string[] =>
  [...new Set(patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => name!)))].sort();

/** The names that the renderer reads of a variable, such as the payload or a question. A list has only a length. */
const readOf = (variable: string): string[] =>
  namesIn(
    rendererSource,
    new RegExp(`\\b${variable}\\.(?!length\\b)(\\w+)`, "g"),
    new RegExp(`\\b(?:text|object|objects|action)\\(${variable}, "(\\w+)"`, "g"),
  );

describe("the fields of content", () => {
  it("are those that the renderer reads", () => {
    const types: ContentType[] = ["ANNOUNCEMENT", "TOOLTIP", "BEACON", "SURVEY", "TASK_LIST"];
    const offered = new Set(types.flatMap((type) => fieldsOf(type).map(({ path }) => String(path[0]))));

    expect(readOf("payload").length).toBeGreaterThan(10);
    expect(readOf("payload")).toEqual([...offered, "questions", "tasks", "locales"].sort());
  });

  it("are those that the server checks", () => {
    const source = readFileSync(join(repository, "services/Engine/PayloadValidator.cs"), "utf8");
    const parts = new Map([...source.matchAll(/> (\w+)Fields =([^;]*);/g)].map(([, part, body]) => [part!, body!]));
    const checkedOf = (text: string) => namesIn(text, /\["(\w+)"\] =/g);
    const rest = [...parts.values()].reduce((left, body) => left.replace(body, ""), source);

    expect(checkedOf(rest).filter((name) => name !== name.toUpperCase())).toEqual(readOf("payload"));
    expect([...parts.keys()].sort()).toEqual(["Button", "Image", "Question", "Submit", "Task"]);
    expect(checkedOf(parts.get("Image")!)).toEqual(readOf("image"));
    expect(checkedOf(parts.get("Button")!)).toEqual(readOf("given"));
    expect(checkedOf(parts.get("Submit")!)).toEqual(["label"]);
    expect(checkedOf(parts.get("Question")!)).toEqual(readOf("question"));
    expect(checkedOf(parts.get("Task")!)).toEqual(readOf("task"));
  });

  it("leave nothing behind when they are emptied", () => {
    const payload = withValue(withValue({ title: "Hi" }, ["primary", "label"], "Go"), ["primary", "url"], "/go");

    expect(payload).toEqual({ title: "Hi", primary: { label: "Go", url: "/go" } });
    expect(withValue(payload, ["primary", "label"], "")).toEqual({ title: "Hi", primary: { url: "/go" } });
    expect(withValue(withValue(payload, ["primary", "label"], ""), ["primary", "url"], "")).toEqual({ title: "Hi" });
  });
});

it("content of another type keeps no choice that its type does not have", () => {
  expect(fitting("ANNOUNCEMENT", { title: "Hi", style: "corner", position: "top" })).toEqual({
    title: "Hi",
    position: "top",
  });
  expect(fitting("SURVEY", { style: "corner" })).toEqual({ style: "corner" });
  expect(fitting("FLOW", { style: "mine" })).toEqual({ style: "mine" });
});

describe("a translation", () => {
  it("is listed for every text that people read", () =>
    expect(textsOf("SURVEY", survey).map(({ text }) => text)).toEqual([
      "How was it?",
      "Later",
      "Why?",
      "Price",
      "Quality",
      "Anything else?",
    ]));

  it("keeps what is not text: links, ids, and the values of choices", () => {
    const payload = inGerman(
      ["questions", 0, "options", 1],
      "Qualität",
      inGerman(["questions", 0, "options", 0], "Preis", inGerman(["secondary", "label"], "Später")),
    );

    expect(german(payload)).toEqual({
      secondary: { label: "Später", url: "/later" },
      questions: [
        {
          id: "why",
          type: "single",
          label: "Why?",
          options: [
            { value: "Price", label: "Preis" },
            { value: "q", label: "Qualität" },
          ],
        },
        { id: "more", type: "text", label: "Anything else?" },
      ],
    });
    expect(translationOf(payload, "de", ["questions", 0, "options", 0])).toBe("Preis");
  });

  it("is missing where the language only repeats the default", () => {
    const payload = inGerman(["questions", 0, "label"], "Warum?");

    expect(translationOf(payload, "de", ["questions", 0, "label"])).toBe("Warum?");
    expect(translationOf(payload, "de", ["questions", 1, "label"])).toBe("");
    expect(translationOf(payload, "de", ["title"])).toBe("");
  });

  it("leaves nothing behind when it is emptied", () => {
    const payload = inGerman(["questions", 0, "label"], "", inGerman(["questions", 0, "label"], "Warum?"));

    expect(german(payload)).toEqual({});
    expect(withoutLanguage(payload, "de")).toEqual(survey);
    expect(withLanguage(survey, "fr").locales).toEqual({ fr: {} });
  });

  it("follows the default language: new, moved and removed questions, links and ids", () => {
    const before = inGerman(["secondary", "label"], "Später", inGerman(["questions", 1, "label"], "Sonst noch etwas?"));
    const [why, more] = survey.questions as [JsonObject, JsonObject];
    const change = (part: JsonObject) => german(followed(before, { ...before, ...part }));

    expect(change({ questions: [{ id: "new", label: "New?" }, more, why] }).questions).toEqual([
      { id: "new", label: "New?" },
      { ...more, label: "Sonst noch etwas?" },
      why,
    ]);
    expect(change({ questions: [why, { ...more, id: "else" }] }).questions).toEqual([
      why,
      { ...more, id: "else", label: "Sonst noch etwas?" },
    ]);
    expect(change({ secondary: { label: "Not now", url: "/other" } }).secondary).toEqual({
      label: "Später",
      url: "/other",
    });
    expect(german(followed(before, withValue(before, ["secondary"], undefined)))).not.toHaveProperty("secondary");
  });

  it("keeps the values of choices that are renamed together", () => {
    const before = inGerman(["questions", 0, "options", 0], "Preis");
    const [why, more] = survey.questions as [JsonObject, JsonObject];
    const after = followed(before, {
      ...before,
      questions: [{ ...why, options: ["Costs", { value: "q", label: "Quality" }] }, more],
    });

    expect((german(after).questions as JsonObject[])[0]!.options).toEqual([
      { value: "Costs", label: "Preis" },
      { value: "q", label: "Quality" },
    ]);
  });
});
