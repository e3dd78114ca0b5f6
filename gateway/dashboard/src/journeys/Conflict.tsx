import { Alert, Button, Group } from "@mantine/core";
import { CloudAlert } from "lucide-react";
import { readJourney } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { attempt } from "../ui/Toasts";

/** Shown when somebody else has changed the draft. The author decides which of the two versions to keep. */
export function Conflict() {
  const { journey, autosave, reload } = useDraft();
  if (autosave.state !== "conflict") return null;
  const overwrite = async () => autosave.overwrite((await readJourney(journey.id)).revision);
  return (
    <Alert
      color="yellow"
      role="alert"
      radius={0}
      icon={<CloudAlert size={18} aria-hidden />}
      title="Somebody else has changed this draft"
    >
      <Group justify="space-between" gap="xs">
        Your last changes are not saved yet. Which draft do you want to keep?
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={() => void attempt(reload())}>
            Take theirs, discard mine
          </Button>
          <Button size="compact-sm" onClick={() => void attempt(overwrite())}>
            Keep mine, replace theirs
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
