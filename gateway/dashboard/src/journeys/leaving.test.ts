import { describe, expect, it } from "vitest";
import { exitInWords, freeName } from "./leaving";

describe("exit rules in words", () => {
  it("say who leaves and as what", () => {
    expect(exitInWords({ name: "Bought", event: { eventName: "bought" }, outcome: "won" })).toBe(
      "people leave with the outcome won after bought",
    );
    const rule = { condition: { field: "traits.plan", operator: "EQ", value: "none" } } as const;
    expect(exitInWords({ name: "Left us", rule })).toBe('people leave as stopped by Left us when plan is "none"');
    expect(exitInWords({ name: "Gone", leftAudience: true })).toBe(
      "people leave as stopped by Gone when they do not belong to the audience",
    );
    expect(exitInWords({})).toBe("people leave as stopped by … when nothing yet");
  });

  it("get a name that is free", () => {
    expect(freeName([])).toBe("Exit 1");
    expect(freeName([{ name: "Exit 2" }])).toBe("Exit 3");
  });
});
