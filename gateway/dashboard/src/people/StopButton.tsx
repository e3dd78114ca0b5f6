import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { CircleStop } from "lucide-react";
import { useConfirm } from "../ui/Confirm";
import { toast } from "../ui/Toasts";
import { type Enrollment, stopEnrollment } from "./calls";
import { personOf } from "./words";

/** Stops one enrollment, after a confirmation. */
export function StopButton({
  enrollment,
  labelled = false,
  stopped,
}: {
  enrollment: Enrollment;
  labelled?: boolean;
  stopped?: () => void;
}) {
  const confirm = useConfirm();
  const person = personOf(enrollment);
  const ask = () =>
    confirm({
      title: `Stop ${person}?`,
      body:
        `${person} leaves the journey now and sees no more of it. What happened so far stays in the history. ` +
        "The journey's re-enrollment rule decides whether they can enter again.",
      confirm: "Stop",
      dangerous: true,
      run: () =>
        stopEnrollment(enrollment).then(() => {
          toast(`${person} is stopped`);
          stopped?.();
        }),
    });
  if (labelled)
    return (
      <Button variant="default" leftSection={<CircleStop size={15} aria-hidden />} onClick={ask}>
        Stop
      </Button>
    );
  return (
    <Tooltip label="Stop">
      <ActionIcon size={24} aria-label={`Stop ${person}`} onClick={ask}>
        <CircleStop size={15} />
      </ActionIcon>
    </Tooltip>
  );
}
