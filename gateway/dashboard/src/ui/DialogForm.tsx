import { Alert, Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { messageOf } from "./States";

interface Props {
  /** The verb on the button. */
  verb: string;
  /** Whether what is required is there. */
  ready?: boolean;
  submit: () => void;
  busy: boolean;
  error: unknown;
  close: () => void;
  children: ReactNode;
}

/** The form in a dialog: its fields, what went wrong, and whether to do it. */
export function DialogForm({ verb, ready = true, submit, busy, error, close, children }: Props) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        {children}
        {error ? (
          <Alert color="red" role="alert" py="xs">
            {messageOf(error)}
          </Alert>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!ready}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
