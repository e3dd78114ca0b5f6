import type { Problem } from "./calls";

/** What is wrong, with the field it is about where the message leaves that to the place it is shown at. */
export function problemWords({ code, field, message }: Pick<Problem, "code" | "field" | "message">): string {
  if (code !== "MISSING" && code !== "TOO_LONG" && code !== "INVALID_DURATION") return message;
  const words = (field.split(".").at(-1) ?? "")
    .replace(/\[.*$/, "")
    .replace(/([A-Z])/g, " $1")
    .toLowerCase();
  return words
    ? `${words.charAt(0).toUpperCase()}${words.slice(1)}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
    : message;
}
