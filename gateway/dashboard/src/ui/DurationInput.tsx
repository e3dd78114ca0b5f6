import { Input, NativeSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import classes from "./DurationInput.module.css";
import { join, split, type Unit, units } from "./durations";
import { secondsOf } from "./times";

interface DurationInputProps {
  label: string;
  /** Hides the label, for use beside other inputs. */
  bare?: boolean;
  description?: string;
  /** In the API's format: `604800s`. */
  value: string | undefined;
  onChange: (value: string) => void;
  error?: string | undefined;
  disabled?: boolean;
}

export function DurationInput({
  label,
  bare = false,
  description,
  value,
  onChange,
  error,
  disabled = false,
}: DurationInputProps) {
  const parts = split(secondsOf(value));
  // Keeps the chosen unit while the number alone would select another one, so that 7 days do not become a week while
  // typing.
  const [chosen, setChosen] = useState<{ unit: Unit; seconds: number }>();
  const seconds = secondsOf(value);
  const unit = chosen?.seconds === seconds ? chosen.unit : parts.unit;
  const count = seconds / units.find((each) => each.unit === unit)!.seconds;
  const change = (nextCount: number, nextUnit: Unit) => {
    const next = join(nextCount, nextUnit);
    setChosen({ unit: nextUnit, seconds: secondsOf(next) });
    onChange(next);
  };
  const inputs = (
    <div className={classes.parts}>
      <NumberInput
        aria-label={`${label}: number`}
        value={count}
        min={0}
        max={999_999}
        clampBehavior="strict"
        allowNegative={false}
        disabled={disabled}
        error={Boolean(error)}
        onChange={(next) => change(Number(next) || 0, unit)}
        className={classes.count!}
      />
      <NativeSelect
        aria-label={`${label}: unit`}
        value={unit}
        disabled={disabled}
        data={units.map((each) => each.unit)}
        onChange={(event) => change(count, event.currentTarget.value as Unit)}
        className={classes.unit!}
      />
    </div>
  );
  if (bare) return inputs;
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div">
      {inputs}
    </Input.Wrapper>
  );
}
