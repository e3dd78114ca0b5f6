import { PasswordInput } from "@mantine/core";
import { fieldSentence } from "../ui/States";

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  error: unknown;
  /** The field of the request, for the server's errors about it. */
  field: string;
}

/** An input for a new password. The server checks it. */
export function NewPassword({ label, value, change, error, field }: Props) {
  return (
    <PasswordInput
      label={label}
      description="At least 12 characters. A few words that do not belong together are good."
      autoComplete="new-password"
      required
      minLength={12}
      maxLength={256}
      value={value}
      error={fieldSentence(error, field)}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
