import { Alert } from "@mantine/core";
import { fieldError, messageOf } from "./States";

/** Shows why a call was refused, unless a field shows it. */
export function Refusal({ error, shownAt = [] }: { error: unknown; shownAt?: readonly string[] }) {
  if (!error || shownAt.some((field) => fieldError(error, field))) return null;
  return (
    <Alert color="red" role="alert" py="xs">
      {messageOf(error)}
    </Alert>
  );
}
