import { expect, it } from "vitest";
import { optionsNamed } from "./options";

it("choices keep their values when others are added, moved and removed", () => {
  const before = [{ value: "y", label: "Yes" }, { value: "n", label: "No" }, "Perhaps", 3];

  expect(optionsNamed(["No", "Never", "Yes", "3"], before)).toEqual([
    { value: "n", label: "No" },
    "Never",
    { value: "y", label: "Yes" },
    3,
  ]);
});

it("choices of the same name stay apart", () => {
  const before = [
    { value: 1, label: "Same" },
    { value: 2, label: "Same" },
  ];

  expect(optionsNamed(["Same", "Same", "Same"], before)).toEqual([...before, "Same"]);
});
