type Holder = Record<string, unknown> & { toJSON?: unknown };

/**
 * Serializes JSON by the standard rules, even on a page where an old library gave arrays, objects or dates a `toJSON`
 * of its own.
 */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, function (this: Holder, key, written) {
    const given = this[key] as Holder | null | undefined;
    if (given instanceof Date) return Number.isNaN(+given) ? null : given.toISOString();
    return given && (Array.isArray(given) || given.toJSON === (Object.prototype as Holder).toJSON) ? given : written;
  });
