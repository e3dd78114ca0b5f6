/** Formats the data of a user. */

/** Returns the value of a trait or property as text. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 20 });
  if (Array.isArray(value)) return value.map(valueText).join(", ") || "–";
  return JSON.stringify(value);
}

interface Known {
  userId: string;
  traits?: object;
}

/** Returns name and e-mail, if they are known and differ from the id. */
export function nickname({ userId, traits }: Known): string {
  const { name, email } = (traits ?? {}) as { name?: unknown; email?: unknown };
  return [name, email]
    .filter((part): part is string => typeof part === "string" && part !== "" && part !== userId)
    .join(" · ");
}

/** Returns the properties of a free-form object, sorted by name. */
export const entriesOf = (object: object | undefined): [string, unknown][] =>
  Object.entries(object ?? {}).toSorted(([a], [b]) => a.localeCompare(b));
