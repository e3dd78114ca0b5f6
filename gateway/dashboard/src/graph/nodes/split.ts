import { Percent } from "lucide-react";
import { type KindInfo, named } from "./kind";

export const split: KindInfo<"split"> = {
  kind: "split",
  label: "Split",
  about: "Share people by percentage",
  icon: Percent,
  color: "grape",
  slug: "split",
  blank: {
    split: {
      variants: [
        { name: "a", percent: 50 },
        { name: "b", percent: 50 },
      ],
    },
  },
  waysOut: ({ split }) => named(split?.variants),
  summary: ({ split }) =>
    (split?.variants ?? []).map((variant) => `${variant.name || "…"} ${variant.percent ?? 0}%`).join(", "),
  suggestions: ({ id }) => ({ fields: [`journey.${id}.variant`] }),
};
