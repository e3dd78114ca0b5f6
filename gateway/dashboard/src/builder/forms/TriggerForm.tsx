import { NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import type { TriggerJson } from "../../contract/journeys/graph/v1/graph_pb";
import { suggestionsOf } from "../../graph/suggestions";
import { EventFilter } from "../../rules/EventFilter";
import type { NodeFormProps } from "./props";

type Kind = "manual" | "urlMatch" | "customEvent" | "elementClick";

const kinds: { value: Kind; label: string }[] = [
  { value: "manual", label: "are enrolled by call or dashboard" },
  { value: "urlMatch", label: "visit a page" },
  { value: "customEvent", label: "do something (an event)" },
  { value: "elementClick", label: "click on an element" },
];

const blanks: Record<Kind, TriggerJson> = {
  manual: { manual: {} },
  urlMatch: { urlMatch: { matchType: "CONTAINS", pattern: "" } },
  customEvent: { customEvent: { eventName: "" } },
  elementClick: { elementClick: { selector: "" } },
};

const matches = [
  { value: "EXACT", label: "is exactly" },
  { value: "CONTAINS", label: "contains" },
  { value: "STARTS_WITH", label: "starts with" },
  { value: "ENDS_WITH", label: "ends with" },
  { value: "REGEX", label: "matches the expression" },
];

export function TriggerForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const trigger = node.trigger ?? {};
  const kind = (Object.keys(blanks) as Kind[]).find((each) => trigger[each] !== undefined) ?? "manual";
  const set = (next: TriggerJson, about: string) => change({ ...node, trigger: next }, about);
  return (
    <Stack gap="md">
      <NativeSelect
        label="A person enters when they"
        data={kinds}
        value={kind}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => set(blanks[value as Kind], "kind")}
      />
      {trigger.manual ? (
        <Text size="sm" c="dimmed">
          Only by name: enrolled here under People, by the API, or by the SDK call <code>enroll</code>.
        </Text>
      ) : null}
      {trigger.urlMatch ? (
        <>
          <NativeSelect
            label="The page's address"
            data={matches}
            value={trigger.urlMatch.matchType ?? "CONTAINS"}
            disabled={readOnly}
            onChange={({ currentTarget: { value } }) =>
              set({ urlMatch: { ...trigger.urlMatch, matchType: value as "CONTAINS" } }, "match")
            }
          />
          <TextInput
            label="Pattern"
            placeholder="/dashboard"
            maxLength={2048}
            value={trigger.urlMatch.pattern ?? ""}
            readOnly={readOnly}
            error={fault("trigger.urlMatch.pattern")}
            onChange={({ currentTarget: { value } }) =>
              set({ urlMatch: { ...trigger.urlMatch, pattern: value } }, "pattern")
            }
          />
        </>
      ) : null}
      {trigger.customEvent ? (
        <EventFilter
          label="Event"
          filter={trigger.customEvent}
          suggestions={suggestionsOf(graph)}
          readOnly={readOnly}
          fault={fault("trigger.customEvent.eventName")}
          change={(filter, about) => set({ customEvent: filter }, about)}
        />
      ) : null}
      {trigger.elementClick ? (
        <TextInput
          label="CSS selector"
          description="Compared as text with what the SDK reports"
          placeholder="#start-tour"
          maxLength={1024}
          value={trigger.elementClick.selector ?? ""}
          readOnly={readOnly}
          error={fault("trigger.elementClick.selector")}
          onChange={({ currentTarget: { value } }) => set({ elementClick: { selector: value } }, "selector")}
        />
      ) : null}
    </Stack>
  );
}
