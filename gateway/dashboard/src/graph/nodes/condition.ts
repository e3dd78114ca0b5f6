import { GitBranch } from "lucide-react";
import { ruleInWords } from "../../rules/words";
import { type KindInfo, named } from "./kind";

export const condition: KindInfo<"condition"> = {
  kind: "condition",
  label: "Condition",
  about: "The first branch whose rule holds",
  icon: GitBranch,
  color: "blue",
  slug: "condition",
  blank: { condition: { branches: [{ name: "yes" }] } },
  waysOut: ({ condition }) => [...named(condition?.branches), { branch: "else", label: "else" }],
  summary: ({ condition }) => ruleInWords(condition?.branches?.[0]?.rule),
};
