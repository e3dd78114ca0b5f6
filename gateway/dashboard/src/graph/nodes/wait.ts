import { Clock } from "lucide-react";
import type { Wait_LocalTime_WeekdayJson } from "../../contract/journeys/graph/v1/graph_pb";
import { exact, inWords, secondsOf } from "../../ui/times";
import { type KindInfo, plain } from "./kind";

type Weekday = Exclude<Wait_LocalTime_WeekdayJson, "WEEKDAY_UNSPECIFIED">;

const week: Readonly<Record<Weekday, number>> = {
  MONDAY: 1,
  TUESDAY: 2,
  WEDNESDAY: 3,
  THURSDAY: 4,
  FRIDAY: 5,
  SATURDAY: 6,
  SUNDAY: 7,
};

export const weekdays = Object.keys(week) as readonly Weekday[];
export const weekdayName = (day: string): string => day.charAt(0) + day.slice(1, 3).toLowerCase();

export const wait: KindInfo<"wait"> = {
  kind: "wait",
  label: "Wait",
  about: "For a time span, a date, a local time",
  icon: Clock,
  color: "yellow",
  slug: "wait",
  blank: { wait: { duration: "86400s" } },
  waysOut: () => [plain],
  summary({ wait: { duration, date, localTime, traitDate } = {} }) {
    if (duration !== undefined) return `for ${inWords(duration)}`;
    if (date !== undefined) return date ? `until ${exact(date)}` : "until …";
    if (localTime) {
      const days = localTime.weekdays ?? [];
      const someDays = days.length > 0 && days.length < 7 ? ` ${days.map(weekdayName).join(", ")}` : "";
      return `until ${localTime.time || "…"}${someDays}`;
    }
    if (!traitDate) return "…";
    const offset = secondsOf(traitDate.offset);
    const side =
      offset === 0 ? "until" : offset < 0 ? `until ${inWords(offset)} before` : `until ${inWords(offset)} after`;
    return `${side} ${traitDate.trait || "…"}`;
  },
};
