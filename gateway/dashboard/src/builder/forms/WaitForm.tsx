import { Chip, Group, Input, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import type { WaitJson } from "../../contract/journeys/graph/v1/graph_pb";
import { weekdayName, weekdays } from "../../graph/nodes/wait";
import { DateTimeInput } from "../../ui/DateTimeInput";
import { DurationInput } from "../../ui/DurationInput";
import { secondsOf } from "../../ui/times";
import type { NodeFormProps } from "./props";

type Kind = "duration" | "date" | "localTime" | "traitDate";

const kinds: { value: Kind; label: string }[] = [
  { value: "duration", label: "For a time span" },
  { value: "date", label: "Until a fixed date" },
  { value: "localTime", label: "Until a time of the day" },
  { value: "traitDate", label: "Until a date in a trait" },
];

const blank = (kind: Kind): WaitJson => {
  switch (kind) {
    case "duration":
      return { duration: "86400s" };
    case "date":
      return {
        date: new Date(Math.ceil((Date.now() + 86_400_000) / 3_600_000) * 3_600_000)
          .toISOString()
          .replace(/\.\d+Z$/, "Z"),
      };
    case "localTime":
      return { localTime: { time: "09:00", weekdays: [] } };
    case "traitDate":
      return { traitDate: { trait: "", offset: "-259200s" } };
  }
};

export function WaitForm({ node, readOnly, change, fault }: NodeFormProps) {
  const wait = node.wait ?? {};
  const { duration, date, localTime, traitDate } = wait;
  const kind: Kind = date !== undefined ? "date" : localTime ? "localTime" : traitDate ? "traitDate" : "duration";
  const set = (next: WaitJson, about: string) => change({ ...node, wait: next }, about);
  const offset = secondsOf(traitDate?.offset);
  return (
    <Stack gap="md">
      <NativeSelect
        label="Wait"
        data={kinds}
        value={kind}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => set(blank(value as Kind), "kind")}
      />
      {kind === "duration" ? (
        <DurationInput
          label="How long"
          value={duration}
          disabled={readOnly}
          error={fault("wait.duration")}
          onChange={(next) => set({ duration: next }, "duration")}
        />
      ) : null}
      {kind === "date" ? (
        <>
          {/* Ignores an empty date, because a wait must have a kind. */}
          <DateTimeInput
            label="Date and time"
            value={date}
            disabled={readOnly}
            onChange={(next) => {
              if (next) set({ date: next }, "date");
            }}
          />
          <Text size="xs" c="dimmed">
            People who arrive later do not wait.
          </Text>
        </>
      ) : null}
      {localTime ? (
        <>
          <TextInput
            label="Time"
            type="time"
            value={localTime.time ?? ""}
            readOnly={readOnly}
            error={fault("wait.localTime.time")}
            onChange={({ currentTarget: { value } }) => set({ localTime: { ...localTime, time: value } }, "time")}
          />
          <Input.Wrapper label="On" description="None means every day" labelElement="div">
            <Chip.Group
              multiple
              value={localTime.weekdays ?? []}
              onChange={(days) =>
                set({ localTime: { ...localTime, weekdays: weekdays.filter((day) => days.includes(day)) } }, "weekdays")
              }
            >
              <Group gap={4} mt={6}>
                {weekdays.map((day) => (
                  <Chip key={day} value={day} size="xs" disabled={readOnly}>
                    {weekdayName(day)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </Input.Wrapper>
          <Text size="xs" c="dimmed">
            In the person's own time zone, otherwise the journey's. A time skipped by a clock change counts as the
            moment after it; a time that occurs twice counts as the first.
          </Text>
        </>
      ) : null}
      {traitDate ? (
        <>
          <TextInput
            label="Trait with the date"
            placeholder="trialEndsAt"
            value={traitDate.trait ?? ""}
            readOnly={readOnly}
            error={fault("wait.traitDate.trait")}
            onChange={({ currentTarget: { value } }) =>
              set({ traitDate: { ...traitDate, trait: value.replace(/^traits\./, "") } }, "trait")
            }
          />
          <NativeSelect
            label="When"
            data={[
              { value: "before", label: "before it" },
              { value: "after", label: "after it" },
            ]}
            value={offset < 0 ? "before" : "after"}
            disabled={readOnly}
            onChange={({ currentTarget: { value } }) =>
              set(
                {
                  traitDate: { ...traitDate, offset: `${(value === "before" ? -1 : 1) * Math.abs(offset || 86_400)}s` },
                },
                "side",
              )
            }
          />
          <DurationInput
            label="How long"
            value={`${Math.abs(offset)}s`}
            disabled={readOnly}
            error={fault("wait.traitDate.offset")}
            onChange={(next) =>
              set({ traitDate: { ...traitDate, offset: offset < 0 && next !== "0s" ? `-${next}` : next } }, "offset")
            }
          />
          <Text size="xs" c="dimmed">
            The wait follows the date: when the trait changes, it ends at the new time, or immediately if that has
            passed. People without a date on arrival do not wait; if the date is removed later, the last one counts.
          </Text>
        </>
      ) : null}
    </Stack>
  );
}
