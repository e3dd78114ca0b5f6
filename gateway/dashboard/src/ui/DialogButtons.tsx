import { Button, Group } from "@mantine/core";

interface Props {
  /** The verb on the button. */
  verb: string;
  /** What the button does. Without it, it submits the form that it is in. */
  run?: () => void;
  /** Whether people lose something. */
  dangerous?: boolean;
  /** Whether the button can be used yet. */
  ready?: boolean;
  busy?: boolean;
  /** What the other button says. */
  cancel?: string;
  close: () => void;
}

/** The last row of a dialog: the button that does what the dialog is for, and the one that closes it. */
export function DialogButtons({
  verb,
  run,
  dangerous = false,
  ready = true,
  busy = false,
  cancel = "Cancel",
  close,
}: Props) {
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" onClick={close}>
        {cancel}
      </Button>
      <Button
        {...(run ? { onClick: run } : { type: "submit" })}
        {...(dangerous ? { color: "red.8" } : {})}
        loading={busy}
        disabled={!ready}
      >
        {verb}
      </Button>
    </Group>
  );
}
