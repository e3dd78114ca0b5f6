import { Alert, Button, Group, Modal, Skeleton, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../api/api";
import { type Problem, publishJourney, useCounts, useProblems, useVersion } from "../draft/calls";
import { designOf, useDraft } from "../draft/draft";
import { rootsOf } from "../draft/rootProblems";
import { type Detail, detailsOf } from "../graph/details";
import { type Difference, difference, isNone } from "../graph/diff";
import { type Node, readGraph } from "../graph/graph";
import { titleOf } from "../graph/nodes";
import { Refusal } from "../ui/Refusal";
import { toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { shownFirst, whoEnters } from "./entering";
import classes from "./Publish.module.css";
import { useDraftAudience } from "./useDraftAudience";

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
        <Summary close={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Summary({ close }: { close: () => void }) {
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
      {found === 0 ? <People inside={inside} /> : null}
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
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          loading={publish.isPending}
          disabled={!isReady || saved.data === false || found > 0}
          onClick={() => publish.mutate()}
        >
          Publish version {journey.version + 1}
        </Button>
      </Group>
    </Stack>
  );
}

interface ChangesProps {
  change: Difference;
  details: readonly Detail[];
  isFirst: boolean;
}

function Changes({ change, details, isFirst }: ChangesProps) {
  if (isFirst)
    return (
      <Text>
        The first version, with {change.added.length} {change.added.length === 1 ? "node" : "nodes"}.
      </Text>
    );
  if (isNone(change)) return <Text>Nothing differs from the newest version.</Text>;
  return (
    <>
      <dl className={classes.changes}>
        <Line title="Added" tone="teal" nodes={change.added} />
        <Line title="Removed" tone="red" nodes={change.removed} />
        <Line title="Changed" tone="yellow" nodes={change.changed} />
        <Line title="Rerouted" tone="blue" nodes={change.rerouted} />
        {change.settings.length > 0 ? (
          <>
            <dt>Settings</dt>
            <dd>{change.settings.join(", ")}</dd>
          </>
        ) : null}
      </dl>
      {details.length > 0 ? <Details details={details} /> : null}
    </>
  );
}

function Details({ details }: { details: readonly Detail[] }) {
  return (
    <div className={classes.details} tabIndex={0} role="region" aria-label="Field by field">
      {details.map(({ of, fields }, i) => (
        <div key={i}>
          <h3>{of}</h3>
          <ul>
            {fields.map(({ field, before, after }) => (
              <li key={field}>
                <span className={classes.field}>{field}</span>
                <del>{before}</del>
                <span aria-hidden> → </span>
                <ins>{after}</ins>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

function Line({ title, tone, nodes }: { title: string; tone: string; nodes: readonly Node[] }) {
  if (nodes.length === 0) return null;
  return (
    <>
      <dt>
        <span className={classes.dot} data-tone={tone} aria-hidden />
        {title} ({nodes.length})
      </dt>
      <dd>{nodes.map(titleOf).join(", ")}</dd>
    </>
  );
}

function People({ inside }: { inside: number }) {
  const { journey, design } = useDraft();
  const { audience, match } = useDraftAudience();
  if (journey.status === "PAUSED")
    return (
      <Text c="dimmed" size="sm">
        The journey stays paused.{" "}
        {inside === 0
          ? "Nobody is inside now. "
          : `${inside === 1 ? "1 person is" : `${inFull(inside)} people are`} inside; ` +
            "when you resume, they continue in the version they entered. "}
        Everybody who enters after you resume gets the new version.
      </Text>
    );
  return (
    <Text c="dimmed" size="sm">
      {whoEnters(design, audience?.name, match.data?.count)} {shownFirst(design)}{" "}
      {inside === 0
        ? "Nobody is inside now. Everybody who enters from now on gets the new version."
        : `${inside === 1 ? "1 person is" : `${inFull(inside)} people are`} inside ` +
          "and stay on the version they entered. " +
          "Everybody who enters from now on gets the new version."}
    </Text>
  );
}

function Hindrances({ problems, close }: { problems: readonly Problem[]; close: () => void }) {
  const { journey, design } = useDraft();
  const roots = rootsOf(problems, readGraph(design.graph));
  return (
    <Alert color="red" title={hindrance(roots.length)}>
      <ul className={classes.problems}>
        {roots.slice(0, 6).map(({ problem, where, words }) => (
          <li key={problem.field + problem.code + problem.message}>
            {where}: {words}
          </li>
        ))}
        {roots.length > 6 ? <li>and {roots.length - 6} more</li> : null}
      </ul>
      <Button
        size="compact-sm"
        variant="white"
        component={Link}
        to={`/journeys/${journey.id}/build?problems`}
        onClick={close}
      >
        Show them in the builder
      </Button>
    </Alert>
  );
}

/** Returns the text for a number of problems; without a number until the list is loaded. */
function hindrance(count: number): string {
  if (count === 0) return "This draft cannot be published";
  return count === 1 ? "1 problem prevents publishing" : `${count} problems prevent publishing`;
}
