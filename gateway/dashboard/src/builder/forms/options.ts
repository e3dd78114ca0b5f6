import type { JsonValue } from "@bufbuild/protobuf";

/** What a choice of a survey is called: a text, or an object with a value for rules and a label for people. */
export const nameOf = (option: JsonValue): string =>
  option !== null && typeof option === "object" && !Array.isArray(option)
    ? String(option.label ?? option.value ?? "")
    : String(option);

/** The choices under these names: those that were there stay as they are, values and all. */
export function optionsNamed(names: readonly string[], before: readonly JsonValue[]): JsonValue[] {
  const left = [...before];
  return names.map((name) => {
    const at = left.findIndex((option) => nameOf(option) === name);
    return at < 0 ? name : left.splice(at, 1)[0]!;
  });
}
