import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { ContentType } from "../../graph/nodes/content";
import { nameOf } from "../forms/options";
import { fieldsOf } from "./fields";
import { isObject, type Path, textAt, valueAt, withValue } from "./payload";

/** A text that people read, in the default language. */
export interface Text {
  path: Path;
  label: string;
  text: string;
}

const readOfItem = {
  label: "label",
  placeholder: "placeholder",
  lowLabel: "low end",
  highLabel: "high end",
  body: "text",
};

/** Returns the texts of a payload that are not empty. */
export function textsOf(type: ContentType, payload: JsonObject): Text[] {
  const texts: Text[] = [];
  const add = (path: Path, label: string, text: string) => text !== "" && texts.push({ path, label, text });
  for (const { path, label, isRead } of fieldsOf(type)) if (isRead) add(path, label, textAt(payload, path));
  const list = type === "SURVEY" ? "questions" : type === "TASK_LIST" ? "tasks" : undefined;
  const items = list && payload[list];
  for (const [i, item] of (Array.isArray(items) ? items : []).entries()) {
    const name = `${list === "questions" ? "Question" : "Task"} ${i + 1}`;
    for (const [field, words] of Object.entries(readOfItem))
      add([list!, i, field], `${name}: ${words}`, textAt(item, [field]));
    const options = valueAt(item, ["options"]);
    for (const [o, option] of (Array.isArray(options) ? options : []).entries())
      add([list!, i, "options", o], `${name}: choice ${o + 1}`, nameOf(option));
  }
  return texts;
}

export const languagesOf = (payload: JsonObject): string[] =>
  isObject(payload.locales) ? Object.keys(payload.locales) : [];

/** Returns the translation of a text; empty when it is not translated. */
export function translationOf(payload: JsonObject, language: string, path: Path): string {
  const there = valueAt(payload.locales, [language, ...path]);
  if (there === undefined) return "";
  // A language replaces whole fields, so within a field it repeats the texts that are not translated.
  const isRepeated = path.length > 1 && isSame(there, valueAt(payload, path));
  return isRepeated ? "" : path.at(-2) === "options" ? nameOf(there) : textAt(there, []);
}

/** Returns the payload with the translation of a text. Without a translation the default language is shown. */
export function translated(payload: JsonObject, language: string, path: Path, text: string): JsonObject {
  const locales = isObject(payload.locales) ? payload.locales : {};
  const locale = isObject(locales[language]) ? locales[language] : {};
  const [field, ...rest] = path;
  const original = payload[field!];
  let value: JsonValue | undefined = text;
  if (rest.length > 0) {
    const mine = locale[field!] ?? original;
    value = replaced(mine, rest, translationAt(original, rest, text));
    if (isSame(value, original)) value = undefined;
  }
  const { [field!]: _, ...others } = locale;
  const next = value === undefined || value === "" ? others : { ...locale, [field!]: value };
  return { ...payload, locales: { ...locales, [language]: next } };
}

// A choice keeps its value, because rules compare the value.
function translationAt(original: JsonValue | undefined, path: Path, text: string): JsonValue {
  const there = valueAt(original, path);
  if (text === "") return there ?? "";
  return path.at(-2) === "options" ? { value: optionValue(there), label: text } : text;
}

function replaced(value: JsonValue | undefined, [part, ...rest]: Path, by: JsonValue): JsonValue {
  if (part === undefined) return by;
  if (Array.isArray(value)) return value.map((each, i) => (i === part ? replaced(each, rest, by) : each));
  return { ...(isObject(value) ? value : {}), [part]: replaced(isObject(value) ? value[part] : undefined, rest, by) };
}

/** Returns the payload without a language. `withLanguage` adds one. */
export const withoutLanguage = (payload: JsonObject, language: string): JsonObject => {
  const { [language]: _, ...others } = isObject(payload.locales) ? payload.locales : {};
  return withValue(payload, ["locales"], Object.keys(others).length > 0 ? others : undefined);
};
export const withLanguage = (payload: JsonObject, language: string): JsonObject => ({
  ...payload,
  locales: { ...(isObject(payload.locales) ? payload.locales : {}), [language]: {} },
});

/**
 * Returns the payload after a change, with the same change in all languages that repeat the changed part: a new
 * question of the default language is added to all of them.
 */
export function followed(before: JsonObject, after: JsonObject): JsonObject {
  if (!isObject(after.locales) || after.locales !== before.locales) return after;
  const locales = Object.entries(after.locales).map(([language, locale]) => [
    language,
    isObject(locale)
      ? Object.fromEntries(
          Object.entries(locale).flatMap(([field, mine]) => {
            const [old, next] = [before[field], after[field]];
            if (!isNested(mine) || old === next) return [[field, mine]];
            const merged = next === undefined ? undefined : merge(old, next, mine);
            return merged === undefined || isSame(merged, next!) ? [] : [[field, merged]];
          }),
        )
      : locale,
  ]);
  return { ...after, locales: Object.fromEntries(locales) };
}

const isNested = (value: JsonValue | undefined): boolean => value !== null && typeof value === "object";

// Keeps the translations of a language, and updates the parts that it repeats.
function merge(old: JsonValue | undefined, next: JsonValue, mine: JsonValue | undefined): JsonValue {
  if (mine === undefined || (old !== undefined && isSame(mine, old))) return next;
  if (Array.isArray(next) && Array.isArray(mine)) {
    const before = Array.isArray(old) ? old : [];
    // If the number of items is the same, one may have been renamed, so items are matched by position; otherwise by id.
    const isByPlace = before.length === next.length;
    return next.map((item, i) => {
      const at = isByPlace ? i : before.findIndex((each) => isSame(keyOf(each), keyOf(item)));
      return at < 0 ? item : merge(before[at], item, mine[at]);
    });
  }
  // The option was a text in the default language, and that text is the value of its translation.
  if (!isObject(next)) return isObject(mine) && !isNested(next) ? { ...mine, value: next } : mine;
  if (!isObject(mine)) return mine;
  const was = isObject(old) ? old : {};
  return Object.fromEntries([
    ...Object.entries(next).map(([name, value]) => [name, merge(was[name], value, mine[name])]),
    ...Object.entries(mine).filter(([name]) => !(name in next) && !(name in was)),
  ]);
}

const keyOf = (item: JsonValue): JsonValue => (isObject(item) && item.id !== undefined ? item.id : optionValue(item));

const optionValue = (option: JsonValue | undefined): JsonValue =>
  isObject(option) ? (option.value ?? option.label ?? "") : (option ?? "");

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
