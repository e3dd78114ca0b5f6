import { Autocomplete, Button, Input } from "@mantine/core";
import type { WaitForEvent_FilterJson } from "../contract/journeys/graph/v1/graph_pb";
import type { Suggestions } from "./form";
import { RuleEditor } from "./RuleEditor";
import { blank } from "./shapes";

interface EventFilterProps {
  label: string;
  filter: WaitForEvent_FilterJson;
  suggestions: Suggestions;
  readOnly: boolean;
  fault?: string | undefined;
  change: (filter: WaitForEvent_FilterJson, about: string) => void;
}

/** Edits an event by name, optionally with a rule about its properties. */
export function EventFilter({ label, filter, suggestions, readOnly, fault, change }: EventFilterProps) {
  const { where, ...bare } = filter;
  return (
    <>
      <Autocomplete
        label={label}
        placeholder="project_created"
        maxLength={128}
        data={[...(suggestions.events ?? [])]}
        value={filter.eventName ?? ""}
        readOnly={readOnly}
        error={fault}
        onChange={(eventName) => change({ ...filter, eventName }, "event")}
      />
      {where ? (
        <Input.Wrapper label="Only with these properties" labelElement="div">
          <RuleEditor
            label={`Properties of ${filter.eventName || "the event"}`}
            scope="event"
            value={where}
            readOnly={readOnly}
            onChange={(next) => change(next ? { ...filter, where: next } : bare, "where")}
          />
        </Input.Wrapper>
      ) : readOnly ? null : (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          style={{ alignSelf: "flex-start" }}
          onClick={() => change({ ...filter, where: blank("condition", "event") }, "")}
        >
          + Only with certain properties
        </Button>
      )}
    </>
  );
}
