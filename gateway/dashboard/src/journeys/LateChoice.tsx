import { Radio, Stack } from "@mantine/core";
import type { PausePolicy } from "../draft/calls";
import { DurationInput } from "../ui/DurationInput";

export const catchUp: PausePolicy = { timers: "RUN_AND_HOLD", late: "CATCH_UP", lateAfter: "0s" };

const choices = [
  { value: "CATCH_UP", label: "Continue with what comes next" },
  { value: "SKIP", label: "Continue, but skip content until their next wait" },
  { value: "EXIT", label: "Leave the journey" },
] as const;

interface Props {
  policy: PausePolicy;
  onChange: (policy: PausePolicy) => void;
  error?: string | undefined;
}

/** Chooses how a resume treats people whose wait has ended by then. */
export function LateChoice({ policy, onChange, error }: Props) {
  return (
    <>
      <Radio.Group
        label="People whose wait has ended by then"
        value={policy.late}
        onChange={(late) =>
          onChange({
            ...policy,
            ...(late === "CATCH_UP" ? { lateAfter: "0s" } : {}),
            late: late as PausePolicy["late"],
          })
        }
      >
        <Stack gap={8} mt={6}>
          {choices.map((choice) => (
            <Radio key={choice.value} {...choice} />
          ))}
        </Stack>
      </Radio.Group>
      {policy.late === "CATCH_UP" ? null : (
        <DurationInput
          label="If it ended longer ago than"
          value={policy.lateAfter}
          onChange={(lateAfter) => onChange({ ...policy, lateAfter })}
          error={error}
        />
      )}
    </>
  );
}
