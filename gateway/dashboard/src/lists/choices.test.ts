import { expect, it } from "vitest";
import type { UserList } from "./calls";
import { choiceLabel, choicesOf, searchOf } from "./choices";

const beta = { id: "1", name: "Beta", members: 1_200 } as UserList;
const other = { id: "2", name: "Others", members: 3 } as UserList;

it("does not search for the label of the list that was chosen", () => {
  expect(choiceLabel(beta)).toBe("Beta (1,200)");
  expect(searchOf("Beta (1,200)", beta)).toBe("");
  expect(searchOf("Bet", beta)).toBe("Bet");
  expect(searchOf("Beta (1,200)", undefined)).toBe("Beta (1,200)");
});

it("keeps the list that was chosen, whatever is found", () => {
  expect(choicesOf([], beta)).toEqual([beta]);
  expect(choicesOf([other, beta], beta)).toEqual([other, beta]);
  expect(choicesOf([other], undefined)).toEqual([other]);
});
