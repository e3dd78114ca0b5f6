import { CircleStop } from "lucide-react";
import { type KindInfo, plain } from "./kind";

export const exit: KindInfo<"exit"> = {
  kind: "exit",
  label: "Exit",
  about: "End the journey with an outcome",
  icon: CircleStop,
  color: "gray",
  slug: "end",
  blank: { exit: { outcome: "completed" } },
  // A node of an unknown kind looks like an exit, but has a way out.
  waysOut: ({ exit }) => (exit ? [] : [plain]),
  summary: ({ exit }) => exit?.outcome || "no outcome yet",
};
