import { Hourglass } from "lucide-react";
import { inWords } from "../../ui/times";
import type { KindInfo } from "./kind";

export const waitForEvent: KindInfo<"waitForEvent"> = {
  kind: "waitForEvent",
  label: "Wait for event",
  about: "Until the person does something",
  icon: Hourglass,
  color: "orange",
  slug: "hold",
  blank: { waitForEvent: { events: [{ eventName: "" }], timeout: "604800s" } },
  waysOut: ({ waitForEvent }) => [
    { branch: "event", label: "event" },
    ...(waitForEvent?.timeout ? [{ branch: "timeout", label: "timeout" }] : []),
  ],
  summary({ waitForEvent: { events = [], timeout } = {} }) {
    const names = events.map((event) => event.eventName || "…").join(" or ");
    return names + (timeout ? `, at most ${inWords(timeout)}` : "");
  },
  suggestions: ({ waitForEvent }) => ({
    events: (waitForEvent?.events ?? []).flatMap(({ eventName }) => eventName || []),
  }),
};
