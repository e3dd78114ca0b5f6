import { Alert, Button, Stack } from "@mantine/core";
import { CopyText } from "../ui/CopyText";
import { Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";

/** Shows the recovery codes, once. */
export function RecoveryCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  return (
    <Panel title="Two-factor authentication" about="It is on. Your other sessions have ended.">
      <Stack gap="sm" className={classes.form!}>
        <Alert color="yellow" py="xs">
          Keep these recovery codes where you can find them without your phone. Each works once in place of the app's
          code. They are not shown again.
        </Alert>
        <CopyText label="Recovery codes" text={codes.join("\n")} />
        <Button variant="default" onClick={done}>
          I have kept them
        </Button>
      </Stack>
    </Panel>
  );
}
