import { Modal, Skeleton, Table } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, api, path } from "../api/api";
import { useRequestId } from "../api/useRequestId";
import type { ResumePreviewJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { type Journey, resumeJourney, useVersion } from "../draft/calls";
import { titleOf } from "../graph/nodes";
import { DialogForm } from "../ui/DialogForm";
import { fieldSentence, messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { inFull, peopleInWords } from "../ui/times";
import { catchUp, LateChoice } from "./LateChoice";
import { RateInput } from "./RateInput";
import classes from "./ResumeDialog.module.css";
import { TimersChoice } from "./TimersChoice";

type Preview = Answer<ResumePreviewJson>;
type RestingNode = Preview["nodes"][number];

/** The maximum number of nodes that the table shows. */
const shown = 8;

interface Props {
  journey: Journey;
  opened: boolean;
  close: () => void;
}

/** Asks for confirmation before a paused journey is resumed, and shows what that causes. */
export function ResumeDialog({ journey, opened, close }: Props) {
  return (
    <Modal opened={opened} onClose={close} title={`Resume ${journey.name}?`}>
      <Form journey={journey} close={close} />
    </Modal>
  );
}

function Form({ journey, close }: Omit<Props, "opened">) {
  const { id, name, version } = journey;
  const [policy, setPolicy] = useState(journey.pause?.policy ?? catchUp);
  const [asked] = useDebouncedValue(policy, 300);
  const requestId = useRequestId(policy);
  const preview = useQuery({
    queryKey: ["/api/journeys/resume/preview", id, asked],
    queryFn: ({ signal }) =>
      api.post<ResumePreviewJson>(path`/api/journeys/${id}/resume/preview`, { policy: asked }, signal),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  const resume = useMutation({
    mutationFn: () => resumeJourney(id, policy, requestId),
    onSuccess: () => {
      toast(`${name} is live again`);
      close();
    },
  });
  const inside = preview.data?.nodes.reduce((sum, node) => sum + node.inside, 0) ?? 0;
  const isAnyoneLate = preview.data?.nodes.some((node) => overdueOf(node) > 0);
  // Whether the preview belongs to the chosen policy.
  const isCurrent = asked === policy && !preview.isPending && !preview.isPlaceholderData;
  const error = fieldSentence(resume.error ?? preview.error, "policy.lateAfter");
  return (
    <DialogForm
      verb="Resume"
      ready={isCurrent}
      submit={() => resume.mutate()}
      busy={resume.isPending}
      error={resume.error}
      fields={["policy.lateAfter", "policy.releasePerSecond"]}
      close={close}
    >
      {preview.data ? (
        <Known preview={preview.data} inside={inside} journeyId={id} version={version} />
      ) : error ? null : preview.error ? (
        <p>Who would continue is not known at the moment: {messageOf(preview.error)}</p>
      ) : (
        <Skeleton height={72} aria-label="Counting people" />
      )}
      {inside > 0 ? <TimersChoice policy={policy} onChange={setPolicy} /> : null}
      {isAnyoneLate || policy.late !== "CATCH_UP" ? (
        <LateChoice policy={policy} onChange={setPolicy} error={error} />
      ) : null}
      {isAnyoneLate ? (
        <RateInput
          policy={policy}
          onChange={setPolicy}
          error={fieldSentence(resume.error ?? preview.error, "policy.releasePerSecond")}
        />
      ) : null}
      {isCurrent && preview.data && effectWords(preview.data) ? (
        <p role="status" className={classes.late}>
          {effectWords(preview.data)}
        </p>
      ) : null}
    </DialogForm>
  );
}

interface KnownProps {
  preview: Preview;
  inside: number;
  journeyId: string;
  version: number;
}

function Known({ preview, inside, journeyId, version }: KnownProps) {
  const overdue = preview.nodes.filter((node) => overdueOf(node) > 0);
  const held = heldWords(preview);
  if (inside === 0) return <p>Nobody is inside. New people can enter again.</p>;
  return (
    <div className={classes.preview}>
      <p>
        {peopleInWords(inside)} {inside === 1 ? "is" : "are"} inside, and new people can enter again.{" "}
        {overdue.length === 0 ? "Nobody's wait ended during the pause." : "These people's waits have ended meanwhile:"}
      </p>
      {overdue.length > 0 ? <Overdue nodes={overdue} journeyId={journeyId} version={version} /> : null}
      {held ? <p>{held} during the pause and will be applied, in the order in which they came.</p> : null}
    </div>
  );
}

function Overdue({ nodes, journeyId, version }: { nodes: RestingNode[]; journeyId: string; version: number }) {
  const published = useVersion(journeyId, version);
  const named = new Map(published.data?.design?.graph?.nodes?.map((node) => [node.id, titleOf(node)]));
  return (
    <>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th>Up to 1 hour ago</Table.Th>
            <Table.Th>1 day</Table.Th>
            <Table.Th>7 days</Table.Th>
            <Table.Th>Longer</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.slice(0, shown).map((node) => (
            <Table.Tr key={node.nodeId}>
              <Table.Th scope="row">{named.get(node.nodeId) ?? node.nodeId}</Table.Th>
              {[node.overdueHour, node.overdueDay, node.overdueWeek, node.overdueMore].map((count, age) => (
                <Table.Td key={age}>{count > 0 ? inFull(count) : "–"}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {nodes.length > shown ? <p>And {inFull(nodes.length - shown)} more nodes.</p> : null}
    </>
  );
}

const overdueOf = (node: RestingNode) => node.overdueHour + node.overdueDay + node.overdueWeek + node.overdueMore;

function effectWords({ extended, skipped, ended, takesAbout }: Preview) {
  const minutes = Math.ceil(Number.parseFloat(takesAbout ?? "0") / 60);
  return [
    minutes > 1 ? `It takes about ${inFull(minutes)} minutes until all of them continue.` : "",
    extended > 0 ? `Waits are longer for ${peopleInWords(extended)}.` : "",
    skipped > 0 ? `Content is skipped for ${peopleInWords(skipped)}.` : "",
    ended > 0 ? `${peopleInWords(ended)} will leave. This cannot be undone.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

function heldWords({ heldReports, heldEvents }: Preview) {
  const words = [counted(heldReports, "report"), counted(heldEvents, "event")].filter(Boolean).join(" and ");
  return words && `${words} came`;
}

const counted = (count: number, noun: string) =>
  count === 0 ? "" : `${inFull(count)} ${noun}${count === 1 ? "" : "s"}`;
