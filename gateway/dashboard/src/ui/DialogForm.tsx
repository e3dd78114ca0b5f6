import { Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Refusal } from "./Refusal";

interface Props {
  /** The verb on the button. */
  verb: string;
  /** Whether it takes something from people. */
  dangerous?: boolean;
  /** Whether what is required is there. */
  ready?: boolean;
  submit: () => void;
  busy: boolean;
  error: unknown;
  /** Fields that show what is wrong with them. */
  fields: readonly string[];
  close: () => void;
  children: ReactNode;
}

/** The form in a dialog: its fields, what went wrong, and whether to do it. */
export function DialogForm({
  verb,
  dangerous = false,
  ready = true,
  submit,
  busy,
  error,
  fields,
  close,
  children,
}: Props) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        {children}
        <Refusal error={error} shownAt={fields} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" {...(dangerous ? { color: "red.8" } : {})} loading={busy} disabled={!ready}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
