import { Alert } from "@mantine/core";
import { fieldError, messageOf } from "./States";

/** Says why something was refused, unless one of the fields says it where they stand. */
export function Refusal({ error, shownAt = [] }: { error: unknown; shownAt?: readonly string[] }) {
  if (!error || shownAt.some((field) => fieldError(error, field))) return null;
  return (
    <Alert color="red" role="alert" py="xs">
      {messageOf(error)}
    </Alert>
  );
}
