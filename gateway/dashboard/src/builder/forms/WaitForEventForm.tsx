import { ActionIcon, Button, Checkbox, Stack } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import type { WaitForEventJson } from "../../contract/journeys/graph/v1/graph_pb";
import { suggestionsOf } from "../../graph/suggestions";
import { EventFilter } from "../../rules/EventFilter";
import { DurationInput } from "../../ui/DurationInput";
import classes from "../Properties.module.css";
import type { NodeFormProps } from "./props";

export function WaitForEventForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const hold = node.waitForEvent ?? {};
  const events = hold.events ?? [];
  const set = (next: WaitForEventJson, about: string) => change({ ...node, waitForEvent: next }, about);
  const { timeout, ...forever } = hold;
  return (
    <Stack gap="md">
      {events.map((filter, i) => (
        <div key={i} className={classes.box} role="group" aria-label={`Event ${i + 1}`}>
          <div className={classes.boxHead}>
            <span className={classes.sum}>{i === 0 ? "Until they do" : "or do"}</span>
            {readOnly || events.length === 1 ? null : (
              <ActionIcon
                aria-label={`Remove event ${i + 1}`}
                onClick={() => set({ ...hold, events: events.filter((_, at) => at !== i) }, "")}
              >
                <Trash2 size={15} />
              </ActionIcon>
            )}
          </div>
          <EventFilter
            label="Event"
            filter={filter}
            suggestions={suggestionsOf(graph)}
            readOnly={readOnly}
            fault={fault(`waitForEvent.events[${i}].eventName`)}
            change={(next, about) =>
              set(
                { ...hold, events: events.map((each, at) => (at === i ? next : each)) },
                about && `event ${i} ${about}`,
              )
            }
          />
        </div>
      ))}
      {readOnly || events.length >= 20 ? null : (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          style={{ alignSelf: "flex-start" }}
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => set({ ...hold, events: [...events, { eventName: "" }] }, "")}
        >
          Or another event
        </Button>
      )}
      <Checkbox
        label="Give up after a time"
        description="After that, people take the timeout branch"
        checked={timeout !== undefined}
        disabled={readOnly}
        onChange={({ currentTarget: { checked } }) => set(checked ? { ...hold, timeout: "604800s" } : forever, "")}
      />
      {timeout === undefined ? null : (
        <DurationInput
          label="Wait at most"
          value={timeout}
          disabled={readOnly}
          error={fault("waitForEvent.timeout")}
          onChange={(next) => set({ ...hold, timeout: next }, "timeout")}
        />
      )}
    </Stack>
  );
}
