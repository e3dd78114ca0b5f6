import { Alert, Button, Group } from "@mantine/core";
import { CloudAlert, Loader2 } from "lucide-react";
import { Link, useBeforeUnload } from "react-router";
import { type LeftBehind, useLeftBehind } from "../draft/leftBehind";
import { messageOf } from "../ui/States";
import { useUnsaved } from "../ui/unsaved";
import classes from "./StillSaving.module.css";

/** Lists drafts whose pages were closed before they were saved, and whether saving continues or fails. */
export function StillSaving() {
  const drafts = useLeftBehind();
  useBeforeUnload((event) => {
    if (drafts.length > 0) event.preventDefault();
  });
  useUnsaved({
    name: drafts.map(({ name }) => name).join(" and "),
    isDirty: () => drafts.length > 0,
    save: async () => (await Promise.all(drafts.map(({ autosave }) => autosave.flush()))).every(Boolean),
    drop: () => drafts.forEach(({ autosave }) => autosave.discard(autosave.revision)),
  });
  return (
    <div className={classes.drafts} role="status" aria-live="polite">
      {drafts.map((draft) => (
        <One key={draft.id} draft={draft} />
      ))}
    </div>
  );
}

function One({ draft }: { draft: LeftBehind }) {
  const { id, name, autosave } = draft;
  const { state } = autosave;
  if (state !== "failed" && state !== "conflict")
    return (
      <span className={classes.saving}>
        <Loader2 size={13} aria-hidden className={classes.turning} />
        Saving {name}
      </span>
    );
  return (
    <Alert color="red" icon={<CloudAlert size={18} aria-hidden />} title={`${name} is not saved`}>
      {state === "conflict" ? "Somebody else has changed this draft." : messageOf(autosave.error)}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" component={Link} to={`/journeys/${id}/build`}>
          Open it
        </Button>
        {state === "failed" ? (
          <Button size="compact-sm" variant="default" onClick={() => void autosave.flush()}>
            Try again
          </Button>
        ) : null}
        <Button size="compact-sm" variant="default" onClick={() => autosave.discard(autosave.revision)}>
          Discard my changes
        </Button>
      </Group>
    </Alert>
  );
}
