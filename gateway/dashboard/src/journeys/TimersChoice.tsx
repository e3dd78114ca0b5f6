import { Radio, Stack } from "@mantine/core";
import type { PausePolicy } from "../draft/calls";

const choices = [
  { value: "RUN_AND_HOLD", label: "Run on" },
  { value: "FREEZE", label: "Stop, and continue after the resume", description: "Waits for a date do not stop." },
] as const;

interface Props {
  policy: PausePolicy;
  onChange: (policy: PausePolicy) => void;
}

/** Chooses what becomes of waits during a pause. */
export function TimersChoice({ policy, onChange }: Props) {
  return (
    <Radio.Group
      label="Waits during the pause"
      value={policy.timers}
      onChange={(timers) => onChange({ ...policy, timers: timers as PausePolicy["timers"] })}
    >
      <Stack gap={8} mt={6}>
        {choices.map((choice) => (
          <Radio key={choice.value} {...choice} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
