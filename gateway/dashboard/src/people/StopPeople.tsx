import { Modal, NumberInput, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useRequestId } from "../api/useRequestId";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { DialogForm } from "../ui/DialogForm";
import { fieldSentence, messageOf } from "../ui/States";
import { peopleInWords } from "../ui/times";
import { ChoosePeople } from "./ChoosePeople";
import { previewStop, stopPeople } from "./calls";
import { PeopleJob } from "./PeopleJob";
import { StopPreview } from "./StopPreview";
import { type Choice, selectionOf } from "./selection";

interface Props {
  journeyId: string;
  nodes: ReadonlyMap<string, NodeJson>;
  /** The node whose people are selected initially. */
  nodeId: string;
  opened: boolean;
  close: () => void;
}

/** Stops many people by a job, after showing whom. */
export function StopPeople({ opened, close, ...of }: Props) {
  return (
    <Modal opened={opened} onClose={close} title="Stop people" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Form {...of} close={close} />
    </Modal>
  );
}

function Form({ journeyId, nodes, nodeId, close }: Omit<Props, "opened">) {
  const [choice, setChoice] = useState<Choice>({
    whom: "some",
    nodeIds: nodeId ? [nodeId] : [],
    versions: [],
    rule: undefined,
    userIds: [],
  });
  const [reason, setReason] = useState("");
  const [perSecond, setPerSecond] = useState<number | string>("");
  const selection = selectionOf(choice);
  const text = JSON.stringify(selection);
  const [asked] = useDebouncedValue(text, 400);
  const preview = useQuery({
    queryKey: ["/api/journeys/stops/preview", journeyId, asked],
    queryFn: ({ signal }) => previewStop(journeyId, JSON.parse(asked!), signal),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  // Whether the preview belongs to the present selection. The button names its number of people, so it waits for that.
  const isCurrent = asked === text && preview.isSuccess && !preview.isPlaceholderData;
  const people = isCurrent ? preview.data.people : 0;
  const terms = {
    reason: reason.trim(),
    expectedPeople: people,
    ...(perSecond === "" ? {} : { peoplePerSecond: Number(perSecond) }),
  };
  const requestId = useRequestId(text, terms);
  const stop = useMutation({
    mutationFn: () => stopPeople(journeyId, { selection: selection!, ...terms, requestId }),
    // Other people may have entered in the meantime.
    onError: () => void preview.refetch(),
  });

  if (stop.data)
    return (
      <PeopleJob
        journeyId={journeyId}
        job={stop.data}
        label="People who match"
        completed="Everybody who matched was stopped."
        broken="It ended before everybody who matched was stopped."
        close={close}
      />
    );
  return (
    <DialogForm
      verb={people > 0 ? `Stop ${peopleInWords(people)}` : "Stop"}
      dangerous
      ready={people > 0 && terms.reason !== ""}
      submit={() => stop.mutate()}
      busy={stop.isPending}
      error={stop.error}
      fields={["reason", "peoplePerSecond"]}
      close={close}
    >
      <ChoosePeople journeyId={journeyId} nodes={nodes} choice={choice} onChange={setChoice} />
      {selection === undefined ? null : preview.error ? (
        <p role="alert">Who matches is not known: {messageOf(preview.error)}</p>
      ) : (
        <StopPreview journeyId={journeyId} nodes={nodes} preview={preview.data} />
      )}
      <Textarea
        label="Reason"
        description="It is kept in the history of everybody who is stopped"
        required
        autosize
        minRows={2}
        maxRows={6}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={fieldSentence(stop.error, "reason")}
      />
      <NumberInput
        label="People per second (optional)"
        description="At most this many are stopped in a second, 1 to 5,000"
        min={1}
        max={5_000}
        allowDecimal={false}
        value={perSecond}
        onChange={setPerSecond}
        error={fieldSentence(stop.error, "peoplePerSecond")}
      />
      <p>
        They leave the journey and see no more of it. What happened so far stays in their history. The journey's
        re-enrollment rule decides whether they can enter again. For seven days it can be undone under Earlier stops.
      </p>
    </DialogForm>
  );
}
