import {
  CircleStop,
  Clock,
  GitBranch,
  Hourglass,
  type LucideIcon,
  MessageSquareText,
  Percent,
  Target,
  Zap,
} from "lucide-react";
import type { ContentJson, NodeJson, TriggerJson, WaitJson } from "../contract/journeys/graph/v1/graph_pb";
import { ruleInWords } from "../rules/words";
import { exact, inWords, secondsOf } from "../ui/times";
import { kindOf, type NodeKind } from "./ways";

/** How the kinds of nodes are called, look, begin, and sum themselves up. */
export interface KindInfo {
  kind: NodeKind;
  label: string;
  about: string;
  icon: LucideIcon;
  /** A colour of the theme. */
  color: string;
  /** What a new node of this kind is. */
  blank: NodeJson;
  /** What its id begins with. */
  slug: string;
}

export const kinds: readonly KindInfo[] = [
  {
    kind: "trigger",
    label: "Trigger",
    about: "When a person enters",
    icon: Zap,
    color: "teal",
    slug: "start",
    blank: { trigger: { manual: {} } },
  },
  {
    kind: "content",
    label: "Content",
    about: "Show something and wait until it is finished",
    icon: MessageSquareText,
    color: "brand",
    slug: "content",
    blank: { content: { contentType: "ANNOUNCEMENT", contentId: "", payload: {} } },
  },
  {
    kind: "wait",
    label: "Wait",
    about: "For a time span, a date, a local time",
    icon: Clock,
    color: "yellow",
    slug: "wait",
    blank: { wait: { duration: "86400s" } },
  },
  {
    kind: "waitForEvent",
    label: "Wait for event",
    about: "Until the person does something",
    icon: Hourglass,
    color: "orange",
    slug: "hold",
    blank: { waitForEvent: { events: [{ eventName: "" }], timeout: "604800s" } },
  },
  {
    kind: "condition",
    label: "Condition",
    about: "The first branch whose rule holds",
    icon: GitBranch,
    color: "blue",
    slug: "condition",
    blank: { condition: { branches: [{ name: "yes" }] } },
  },
  {
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
  },
  {
    kind: "goalCheck",
    label: "Goal check",
    about: "Has the person reached the goal?",
    icon: Target,
    color: "pink",
    slug: "goal",
    blank: { goalCheck: {} },
  },
  {
    kind: "exit",
    label: "Exit",
    about: "End the journey with an outcome",
    icon: CircleStop,
    color: "gray",
    slug: "end",
    blank: { exit: { outcome: "completed" } },
  },
];

export const infoOf = (node: NodeJson): KindInfo => kinds.find((each) => each.kind === kindOf(node))!;

/** What a node is called on the canvas and in lists. */
export const titleOf = (node: NodeJson): string => node.name || infoOf(node).label;

export const contentTypes = {
  FLOW: "Flow",
  TOOLTIP: "Tooltip",
  BEACON: "Beacon",
  ANNOUNCEMENT: "Announcement",
  TASK_LIST: "Task list",
  SURVEY: "Survey",
} as const;
export const weekdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"] as const;
export const weekdayName = (day: string): string => day.charAt(0) + day.slice(1, 3).toLowerCase();

/** What a node does, in one line. */
export function summary(node: NodeJson): string {
  if (node.trigger) return ofTrigger(node.trigger);
  if (node.content) return ofContent(node.content);
  if (node.wait) return ofWait(node.wait);
  if (node.waitForEvent) {
    const events = (node.waitForEvent.events ?? []).map((event) => event.eventName || "…").join(" or ");
    return events + (node.waitForEvent.timeout ? `, at most ${inWords(node.waitForEvent.timeout)}` : "");
  }
  if (node.condition) return ruleInWords(node.condition.branches?.[0]?.rule);
  if (node.split)
    return (node.split.variants ?? []).map((variant) => `${variant.name || "…"} ${variant.percent ?? 0}%`).join(", ");
  if (node.goalCheck) return node.goalCheck.rule ? ruleInWords(node.goalCheck.rule) : "the journey's goal";
  return node.exit?.outcome || "no outcome yet";
}

function ofTrigger({ urlMatch, customEvent, elementClick }: TriggerJson): string {
  if (customEvent)
    return `on ${customEvent.eventName || "…"}${customEvent.where ? ` where ${ruleInWords(customEvent.where)}` : ""}`;
  if (elementClick) return `click on ${elementClick.selector || "…"}`;
  if (!urlMatch) return "enrolled by call or dashboard";
  const words = {
    EXACT: "is",
    CONTAINS: "contains",
    STARTS_WITH: "starts with",
    ENDS_WITH: "ends with",
    REGEX: "matches",
    MATCH_TYPE_UNSPECIFIED: "…",
  };
  return `page ${words[urlMatch.matchType ?? "MATCH_TYPE_UNSPECIFIED"]} ${urlMatch.pattern || "…"}`;
}

function ofContent({ contentType, contentId, expireAfter }: ContentJson): string {
  const type = contentTypes[contentType as keyof typeof contentTypes] ?? "…";
  return `${type}: ${contentId || "…"}${expireAfter ? `, at most ${inWords(expireAfter)}` : ""}`;
}

function ofWait({ duration, date, localTime, traitDate }: WaitJson): string {
  if (duration !== undefined) return `for ${inWords(duration)}`;
  if (date !== undefined) return date ? `until ${exact(date)}` : "until …";
  if (localTime) {
    const days = localTime.weekdays ?? [];
    return `until ${localTime.time || "…"}${days.length > 0 && days.length < 7 ? ` ${days.map(weekdayName).join(", ")}` : ""}`;
  }
  if (!traitDate) return "…";
  const offset = secondsOf(traitDate.offset);
  const side =
    offset === 0 ? "until" : offset < 0 ? `until ${inWords(offset)} before` : `until ${inWords(offset)} after`;
  return `${side} ${traitDate.trait || "…"}`;
}
