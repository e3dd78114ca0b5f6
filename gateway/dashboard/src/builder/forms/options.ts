import type { JsonValue } from "@bufbuild/protobuf";

/** Returns the name of a survey option: a text, or an object with a value for rules and a label for people. */
export const nameOf = (option: JsonValue): string =>
  option !== null && typeof option === "object" && !Array.isArray(option)
    ? String(option.label ?? option.value ?? "")
    : String(option);

/** Returns options with these names. Existing options stay unchanged, including their values. */
export function optionsNamed(names: readonly string[], before: readonly JsonValue[]): JsonValue[] {
  const left = [...before];
  return names.map((name) => {
    const at = left.findIndex((option) => nameOf(option) === name);
    return at < 0 ? name : left.splice(at, 1)[0]!;
  });
}
