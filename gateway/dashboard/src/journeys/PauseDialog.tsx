import { Modal, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useRequestId } from "../api/useRequestId";
import { type Journey, pauseJourney, updatePause } from "../draft/calls";
import { DateTimeInput } from "../ui/DateTimeInput";
import { DialogForm } from "../ui/DialogForm";
import { fieldSentence } from "../ui/States";
import { toast } from "../ui/Toasts";
import { catchUp, LateChoice } from "./LateChoice";
import { TimersChoice } from "./TimersChoice";

interface Props {
  journey: Journey;
  /** How many people are inside, as a sentence. Not needed if the journey is paused already. */
  inside?: string;
  opened: boolean;
  close: () => void;
}

/** Asks for the reason and the end of a pause, or changes those of a paused journey. */
export function PauseDialog({ opened, close, ...of }: Props) {
  const { name, status } = of.journey;
  return (
    <Modal opened={opened} onClose={close} title={status === "PAUSED" ? `Pause of ${name}` : `Pause ${name}?`}>
      <Form {...of} close={close} />
    </Modal>
  );
}

function Form({ journey, inside, close }: Omit<Props, "opened">) {
  const { id, name, pause } = journey;
  const isPaused = journey.status === "PAUSED";
  const [reason, setReason] = useState(pause?.reason ?? "");
  const [resumeTime, setResumeTime] = useState(pause?.resumeTime ?? "");
  const [policy, setPolicy] = useState(pause?.policy ?? catchUp);
  const requestId = useRequestId(reason, resumeTime, JSON.stringify(policy));
  const save = useMutation({
    mutationFn: () => {
      const terms = {
        reason: reason.trim(),
        resumeTime,
        policy: resumeTime ? policy : { ...catchUp, timers: policy.timers },
      };
      return isPaused ? updatePause(id, terms) : pauseJourney(id, terms, requestId);
    },
    onSuccess: () => {
      toast(isPaused ? "Saved" : `${name} is paused`);
      close();
    },
  });
  return (
    <DialogForm
      verb={isPaused ? "Save" : "Pause"}
      submit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      fields={["reason", "resumeTime", "policy.lateAfter"]}
      close={close}
    >
      {isPaused ? null : <p>{inside} Nobody new can enter until the journey is resumed.</p>}
      <Textarea
        label="Reason"
        description="Shown to all members while the journey is paused"
        autosize
        minRows={2}
        maxRows={6}
        maxLength={1_000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={fieldSentence(save.error, "reason")}
      />
      <DateTimeInput
        label="Resume automatically (optional)"
        value={resumeTime}
        onChange={setResumeTime}
        error={fieldSentence(save.error, "resumeTime")}
      />
      <TimersChoice policy={policy} onChange={setPolicy} />
      {resumeTime ? (
        <LateChoice policy={policy} onChange={setPolicy} error={fieldSentence(save.error, "policy.lateAfter")} />
      ) : null}
    </DialogForm>
  );
}
