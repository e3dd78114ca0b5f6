import { TextInput } from "@mantine/core";
import { inUtc } from "./times";

interface DateTimeInputProps {
  label: string;
  bare?: boolean;
  /** RFC 3339, in UTC. */
  value: string | undefined;
  onChange: (value: string) => void;
  disabled?: boolean;
  error?: string | undefined;
}

/** Edits a date and time in the viewer's time zone; the value is in UTC. */
export function DateTimeInput({ label, bare = false, value, onChange, disabled = false, error }: DateTimeInputProps) {
  return (
    <TextInput
      type="datetime-local"
      step={60}
      {...(bare ? { "aria-label": label } : { label, description: value ? inUtc(value) : "In your own time zone" })}
      value={value ? local(value) : ""}
      disabled={disabled}
      error={error}
      onChange={(event) =>
        onChange(
          event.currentTarget.value ? new Date(event.currentTarget.value).toISOString().replace(/\.\d+Z$/, "Z") : "",
        )
      }
    />
  );
}

/** Returns `2026-11-24T15:04` in the viewer's time zone, the format of the browser's input. */
function local(value: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
