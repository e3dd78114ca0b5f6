import { Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { DialogButtons } from "./DialogButtons";
import { Refusal } from "./Refusal";

interface Props {
  /** The verb on the button. */
  verb: string;
  /** Whether people lose something. */
  dangerous?: boolean;
  /** Whether all required fields are filled in. */
  ready?: boolean;
  submit: () => void;
  busy: boolean;
  error: unknown;
  /** The fields that show their own errors. */
  fields: readonly string[];
  close: () => void;
  children: ReactNode;
}

/** The form of a dialog: its fields, its error, and its buttons. */
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
        <DialogButtons verb={verb} dangerous={dangerous} ready={ready} busy={busy} close={close} />
      </Stack>
    </form>
  );
}
