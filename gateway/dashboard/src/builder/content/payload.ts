import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** The path of a value: names of fields and positions in lists. */
export type Path = readonly (string | number)[];

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  value !== null && typeof value === "object" && !Array.isArray(value);

export function valueAt(from: JsonValue | undefined, path: Path): JsonValue | undefined {
  let value = from;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

export const textAt = (from: JsonValue | undefined, path: Path): string => {
  const value = valueAt(from, path);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

/** Returns the object with another value at a path. An empty value is removed, and so are objects that become empty. */
export function withValue(object: JsonObject, [name, ...rest]: Path, value: JsonValue | undefined): JsonObject {
  const { [name!]: before, ...others } = object;
  const next = rest.length === 0 ? value : withValue(isObject(before) ? before : {}, rest, value);
  const isEmpty =
    next === undefined || next === "" || (rest.length > 0 && Object.keys(next as JsonObject).length === 0);
  // Keeps the position of the field, so that the order of the JSON does not change.
  if (isEmpty) return others;
  return name! in object ? { ...object, [name!]: next } : { ...others, [name!]: next };
}
