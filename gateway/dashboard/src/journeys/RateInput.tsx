import { NumberInput } from "@mantine/core";
import type { PausePolicy } from "../draft/calls";

interface Props {
  policy: PausePolicy;
  onChange: (policy: PausePolicy) => void;
  error?: string | undefined;
}

/** Chooses how many people continue each second after a resume. */
export function RateInput({ policy: { releasePerSecond, ...others }, onChange, error }: Props) {
  return (
    <NumberInput
      label="At most this many people continue each second (optional)"
      allowDecimal={false}
      allowNegative={false}
      value={releasePerSecond ?? ""}
      onChange={(rate) => onChange(typeof rate === "number" ? { ...others, releasePerSecond: rate } : others)}
      error={error}
    />
  );
}
