import { describe, expect, it } from "vitest";
import { inWords, relative, secondsOf } from "./times";

describe("time spans in words", () => {
  it.each([
    ["604800s", "1 week"],
    ["864000s", "10 days"],
    ["183600s", "2 days 3 hours"],
    ["93784s", "1 day 2 hours"],
    ["90s", "1 minute 30 seconds"],
    ["-259200s", "3 days"],
    ["0s", "0 seconds"],
    [undefined, "0 seconds"],
  ])("%s is %s", (duration, words) => expect(inWords(duration)).toBe(words));

  it("reads fractions of a second", () => expect(secondsOf("1.500s")).toBe(1.5));
});

describe("times seen from now", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");

  it.each([
    ["2026-11-24T11:59:55Z", "just now"],
    ["2026-11-24T11:59:30Z", "30 seconds ago"],
    ["2026-11-24T09:00:01Z", "2 hours ago"],
    ["2026-11-25T12:30:00Z", "tomorrow"],
    ["2026-11-27T12:30:00Z", "in 3 days"],
  ])("%s was %s", (time, words) => expect(relative(time, now)).toBe(words));
});
