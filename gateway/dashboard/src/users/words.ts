/** What is known of a user, in words. */

/** A trait's or property's value as one reads it. */
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

/** Name and e-mail, where they are known and say more than the id. */
export function nickname({ userId, traits }: Known): string {
  const { name, email } = (traits ?? {}) as { name?: unknown; email?: unknown };
  return [name, email]
    .filter((part): part is string => typeof part === "string" && part !== "" && part !== userId)
    .join(" · ");
}

/** The parts of a free-form object by name, for a list of facts. */
export const entriesOf = (object: object | undefined): [string, unknown][] =>
  Object.entries(object ?? {}).toSorted(([a], [b]) => a.localeCompare(b));
