import { Skeleton, Stack, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/api";
import { publishJourney, useCounts, useProblems, useVersion } from "../../draft/calls";
import { designOf, useDraft } from "../../draft/draft";
import { detailsOf } from "../../graph/details";
import { difference } from "../../graph/diff";
import { DialogButtons } from "../../ui/DialogButtons";
import { Refusal } from "../../ui/Refusal";
import { toast } from "../../ui/Toasts";
import { useDraftAudience } from "../useDraftAudience";
import { Changes } from "./Changes";
import { Concerned } from "./Concerned";
import { Hindrances } from "./Hindrances";

/** Saves the draft, shows what publishing changes and who is affected, and publishes it with a note. */
export function PublishForm({ close }: { close: () => void }) {
  const { journey, autosave } = useDraft();
  // Saves everything first, because the server publishes the draft that it has.
  const saved = useQuery({
    queryKey: ["flush", journey.id, autosave.isDirty],
    queryFn: () => autosave.flush(),
    gcTime: 0,
    staleTime: 0,
  });
  const published = useVersion(journey.id, journey.version);
  const problems = useProblems(journey.id, journey.revision);
  const counts = useCounts([journey.id]);
  const { audiences } = useDraftAudience();
  const [note, setNote] = useState("");
  const publish = useMutation({
    mutationFn: () => publishJourney(journey.id, autosave.revision, note.trim()),
    // The refusal concerns something that was valid a moment ago, for example a deleted audience, so the problems are
    // read again.
    onError: () => void problems.refetch(),
    onSuccess: (answer) => {
      toast(
        answer.status === "PAUSED"
          ? `Version ${answer.version} is published; the journey is still paused`
          : `Version ${answer.version} is live`,
      );
      close();
    },
  });

  const error = publish.error ?? saved.error ?? problems.error ?? published.error;
  const isReady =
    saved.data !== undefined &&
    problems.data !== undefined &&
    !problems.isPlaceholderData &&
    (journey.version === 0 || published.data !== undefined);
  const found =
    publish.error instanceof ApiError && publish.error.reason === "GRAPH_INVALID"
      ? publish.error.errors.length
      : (problems.data?.length ?? 0);
  const before = published.data?.design ?? {};
  const change = isReady ? difference(before, designOf(journey)) : undefined;
  const details =
    change && journey.version > 0
      ? detailsOf(before, designOf(journey), change, (id) => audiences.data?.find((each) => each.id === id)?.name)
      : [];
  const inside = counts.data?.get(journey.id)?.active ?? 0;
  return (
    <Stack gap="md">
      {change === undefined ? (
        <Skeleton height={96} />
      ) : found > 0 ? (
        <Hindrances problems={problems.data ?? []} close={close} />
      ) : (
        <Changes change={change} details={details} isFirst={journey.version === 0} />
      )}
      {found === 0 ? <Concerned inside={inside} /> : null}
      {found === 0 ? (
        <Textarea
          label="Note"
          description="What is new in this version, for your team. Optional"
          autosize
          minRows={2}
          maxLength={1000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      ) : null}
      <Refusal error={error} />
      <DialogButtons
        verb={`Publish version ${journey.version + 1}`}
        run={() => publish.mutate()}
        ready={isReady && saved.data !== false && found === 0}
        busy={publish.isPending}
        close={close}
      />
    </Stack>
  );
}
