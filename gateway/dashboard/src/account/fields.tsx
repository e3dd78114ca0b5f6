import { PasswordInput, TextInput } from "@mantine/core";
import { fieldSentence } from "../ui/States";

interface Props {
  value: string;
  change: (value: string) => void;
  error: unknown;
}

/** An input for the account's present password. */
export function PresentPassword({
  label = "Your password",
  field = "password",
  value,
  change,
  error,
}: Props & { label?: string; field?: string }) {
  return (
    <PasswordInput
      label={label}
      autoComplete="current-password"
      required
      value={value}
      error={fieldSentence(error, field)}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}

/** An input for the code of an authenticator app, or a recovery code. */
export function OneTimeCode({ value, change, error, ...props }: Props & { description?: string; autoFocus?: boolean }) {
  return (
    <TextInput
      label="Code"
      autoComplete="one-time-code"
      required
      maxLength={32}
      value={value}
      error={fieldSentence(error, "code")}
      onChange={(event) => change(event.currentTarget.value)}
      {...props}
    />
  );
}
