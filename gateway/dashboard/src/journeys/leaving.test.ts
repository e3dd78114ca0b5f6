import { describe, expect, it } from "vitest";
import { exitInWords, freeName } from "./leaving";

describe("exit rules in words", () => {
  it("say who leaves and as what", () => {
    expect(exitInWords({ name: "Bought", event: { eventName: "bought" }, outcome: "won" })).toBe(
      "whoever did bought leaves with the outcome won",
    );
    const rule = { condition: { field: "traits.plan", operator: "EQ", value: "none" } } as const;
    expect(exitInWords({ name: "Left us", rule })).toBe('whoever plan is "none" leaves as stopped by Left us');
    expect(exitInWords({ name: "Gone", leftAudience: true })).toBe(
      "whoever does not belong to the audience leaves as stopped by Gone",
    );
    expect(exitInWords({})).toBe("whoever nothing yet leaves as stopped by …");
  });

  it("get a name that is free", () => {
    expect(freeName([])).toBe("Exit 1");
    expect(freeName([{ name: "Exit 2" }])).toBe("Exit 3");
  });
});
