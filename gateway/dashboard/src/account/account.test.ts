import { describe, expect, it } from "vitest";
import { tokenOf, wholeLink } from "./links";

describe("links", () => {
  it("hold their token after the #", () => {
    expect(tokenOf("#iv_1")).toBe("iv_1");
    expect(tokenOf("")).toBe("");
  });

  it("begin with the address of the dashboard where the server does not know its own", () => {
    expect(wholeLink("/invitation#iv_1", "https://journeys.example.com")).toBe(
      "https://journeys.example.com/invitation#iv_1",
    );
    expect(wholeLink("https://j.example.org/invitation#iv_1", "https://journeys.example.com")).toBe(
      "https://j.example.org/invitation#iv_1",
    );
  });
});
