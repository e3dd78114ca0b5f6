import { toJson } from "./json";
import type { Log } from "./log";
import { wrongCall } from "./problem";
import type { JsonObject, Outcome, Traits } from "./types";

const propertyBytes = 16 * 1024;
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns free-form data as it will arrive: what JSON cannot represent is left out. */
export function checkData(value: unknown, name: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw wrongCall(`${name} must be an object.`);
  let text: string;
  try {
    text = toJson(value);
  } catch {
    throw wrongCall(`${name} cannot be written as JSON.`);
  }
  // Counts like the gateway: each character as itself, not as its escape sequence.
  if (new TextEncoder().encode(text.replace(/\\(u....|.)/g, ".")).length > propertyBytes)
    throw wrongCall(`${name} must have at most 16 KiB as JSON.`);
  return JSON.parse(text);
}

// Unpaired surrogates and control characters, which no service can store.
const unstorable = /\p{Surrogate}|\p{Cc}/gu;

/**
 * Returns a text of 1 to `most` characters. Replaces characters that cannot be stored, so that one of them does not
 * fail the call.
 */
export function checkText(value: unknown, most: number, name: string): string {
  if (typeof value !== "string" || value.length < 1 || value.length > most)
    throw wrongCall(`${name} must be a string of 1 to ${most} characters.`);
  return value.replace(unstorable, "\ufffd");
}

// Placeholders for a missing id, and for people who are not signed in. Under such an id many people would become one.
const mistake =
  /^(undefined|null|<?nil>?|none|nan|-?infinity|true|false|\{}|\[]|""|''|anonymous|guest|not_authenticated|[0-]{36}|\[object .*]|\.{1,2}|)$/i;

/** Returns the id of a user; a number is accepted. */
export function checkUserId(value: unknown): string {
  const given = typeof value === "number" ? `${value}` : value;
  const id = checkText(given, 256, "userId");
  // Rejects replaced characters, because two ids that differ only in these would become one.
  if (id !== given) throw wrongCall("userId must not contain control characters or unpaired surrogates.");
  if (mistake.test(id.trim()))
    throw wrongCall(`userId must be the id of one person; "${id}" is a placeholder for a missing id.`);
  return id;
}

/** Returns the id of a journey, or its key if `orKey` is set. */
export function checkJourneyId(value: unknown, orKey = false): string {
  if (
    typeof value !== "string" ||
    (!(orKey && /^key:[\w-]+$/.test(value)) && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value))
  )
    throw wrongCall("journeyId must be a UUID.");
  return value.toLowerCase();
}

export function checkOutcome(value: unknown = "COMPLETED"): Outcome {
  if (value !== "COMPLETED" && value !== "DISMISSED" && value !== "SKIPPED")
    throw wrongCall("outcome must be COMPLETED, DISMISSED or SKIPPED.");
  return value;
}

/** Returns the traits that can be stored. Leaves out the others, so that these still arrive. */
export function checkTraits(traits: Traits | undefined, log: Log): JsonObject {
  if (traits !== undefined && !isObject(traits)) throw wrongCall("traits must be an object.");
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(traits ?? {})) {
    if (value instanceof Date && !Number.isNaN(+value)) result[name] = value.toISOString();
    else if (value === null || /^(string|boolean)$/.test(typeof value) || Number.isFinite(value))
      result[name] = value as string;
    else if (Array.isArray(value) && value.every((each) => typeof each === "string")) result[name] = value;
    else if (value !== undefined)
      log(`The trait ${name} is left out: it must be a string, number, boolean, date or list of strings.`);
  }
  return result;
}
