import { Zap } from "lucide-react";
import { fieldsOf } from "../../rules/shapes";
import { ruleInWords } from "../../rules/words";
import { type KindInfo, plain } from "./kind";

const matches = {
  EXACT: "is",
  CONTAINS: "contains",
  STARTS_WITH: "starts with",
  ENDS_WITH: "ends with",
  REGEX: "matches",
  MATCH_TYPE_UNSPECIFIED: "…",
};

export const trigger: KindInfo<"trigger"> = {
  kind: "trigger",
  label: "Trigger",
  about: "When a person enters",
  icon: Zap,
  color: "teal",
  slug: "start",
  blank: { trigger: { manual: {} } },
  waysOut: () => [plain],
  summary({ trigger: { urlMatch, customEvent, elementClick } = {} }) {
    if (customEvent)
      return `on ${customEvent.eventName || "…"}${customEvent.where ? ` where ${ruleInWords(customEvent.where)}` : ""}`;
    if (elementClick) return `click on ${elementClick.selector || "…"}`;
    if (!urlMatch) return "enrolled by call or dashboard";
    return `page ${matches[urlMatch.matchType ?? "MATCH_TYPE_UNSPECIFIED"]} ${urlMatch.pattern || "…"}`;
  },
  suggestions({ trigger }) {
    const name = trigger?.customEvent?.eventName;
    const fields = fieldsOf(trigger?.customEvent?.where).map((field) => field.replace(/^properties\./, "entry."));
    return name ? { events: [name], fields } : {};
  },
};
