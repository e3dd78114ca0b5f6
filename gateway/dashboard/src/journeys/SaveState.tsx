import { Button, Tooltip } from "@mantine/core";
import { Check, CloudAlert, Loader2 } from "lucide-react";
import { useDraft } from "../draft/draft";
import { messageOf } from "../ui/States";
import classes from "./SaveState.module.css";

/** Shows whether the draft is saved. Has the same width in every state, so that nothing beside it moves. */
export function SaveState() {
  const { autosave } = useDraft();
  const { state, error } = autosave;
  if (state === "failed")
    return (
      <Tooltip label={messageOf(error)} maw={320}>
        <Button
          size="compact-sm"
          color="red"
          variant="light"
          leftSection={<CloudAlert size={14} aria-hidden />}
          onClick={() => void autosave.flush()}
        >
          Not saved. Try again
        </Button>
      </Tooltip>
    );
  const isSaved = state === "saved";
  return (
    <span className={classes.state} role="status" data-state={state}>
      {isSaved ? (
        <Check size={13} aria-hidden />
      ) : state === "conflict" ? (
        <CloudAlert size={13} aria-hidden />
      ) : (
        <Loader2 size={13} aria-hidden className={classes.turning} />
      )}
      {isSaved ? "Saved" : state === "conflict" ? "Conflict" : "Saving"}
    </span>
  );
}
