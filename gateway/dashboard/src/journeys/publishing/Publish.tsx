import { Button, Modal } from "@mantine/core";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { useDraft } from "../../draft/draft";
import { PublishForm } from "./PublishForm";

/** Publishes the draft as the next version, after showing what changes and who is affected. */
export function Publish() {
  const { journey, autosave, askToPublish } = useDraft();
  const [opened, setOpened] = useState(false);
  if (journey.status === "ARCHIVED") return null;
  return (
    <>
      <Button
        size="xs"
        leftSection={<Rocket size={14} aria-hidden />}
        disabled={autosave.state === "conflict"}
        onClick={() => {
          askToPublish();
          setOpened(true);
        }}
      >
        Publish
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Publish version ${journey.version + 1}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <PublishForm close={() => setOpened(false)} />
      </Modal>
    </>
  );
}
