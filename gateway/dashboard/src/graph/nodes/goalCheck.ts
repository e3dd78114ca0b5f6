import { Target } from "lucide-react";
import { ruleInWords } from "../../rules/words";
import type { KindInfo } from "./kind";

export const goalCheck: KindInfo<"goalCheck"> = {
  kind: "goalCheck",
  label: "Goal check",
  about: "Has the person reached the goal?",
  icon: Target,
  color: "pink",
  slug: "goal",
  blank: { goalCheck: {} },
  waysOut: () => [
    { branch: "success", label: "success" },
    { branch: "fallback", label: "fallback" },
  ],
  summary: ({ goalCheck }) => (goalCheck?.rule ? ruleInWords(goalCheck.rule) : "the journey's goal"),
};
