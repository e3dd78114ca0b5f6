import { Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import type { ResumePreviewJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { type Journey, moveJourney, useVersion } from "../draft/calls";
import { titleOf } from "../graph/nodes";
import { useConfirm } from "../ui/Confirm";
import { messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import classes from "./useResume.module.css";

type Preview = Answer<ResumePreviewJson>;
type RestingNode = Preview["nodes"][number];

/** The most nodes that the table shows. */
const shown = 8;

/** Resumes a paused journey, after saying what that sets in motion. */
export function useResume({ id, name, version }: Journey) {
  const confirm = useConfirm();
  return () =>
    confirm({
      title: `Resume ${name}?`,
      body: <SetInMotion journeyId={id} version={version} />,
      confirm: "Resume",
      run: () => moveJourney(id, "resume").then(() => toast(`${name} is live again`)),
    });
}

function SetInMotion({ journeyId, version }: { journeyId: string; version: number }) {
  const preview = useQuery({
    queryKey: ["/api/journeys/resume/preview", journeyId],
    queryFn: ({ signal }) => api.post<ResumePreviewJson>(path`/api/journeys/${journeyId}/resume/preview`, {}, signal),
    gcTime: 0,
  });
  if (preview.error) return <p>Who would continue is not known at the moment: {messageOf(preview.error)}</p>;
  return preview.data ? (
    <Known preview={preview.data} journeyId={journeyId} version={version} />
  ) : (
    <Skeleton height={72} aria-label="Counting people" />
  );
}

function Known({ preview, journeyId, version }: { preview: Preview; journeyId: string; version: number }) {
  const inside = preview.nodes.reduce((sum, node) => sum + node.inside, 0);
  const overdue = preview.nodes.filter((node) => overdueOf(node) > 0);
  const held = heldWords(preview);
  if (inside === 0) return <p>Nobody is inside. New people can enter again.</p>;
  return (
    <div className={classes.preview}>
      <p>
        {inside === 1 ? "1 person is" : `${inFull(inside)} people are`} inside, and new people can enter again.{" "}
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

function heldWords({ heldReports, heldEvents }: Preview) {
  const words = [counted(heldReports, "report"), counted(heldEvents, "event")].filter(Boolean).join(" and ");
  return words && `${words} came`;
}

const counted = (count: number, noun: string) =>
  count === 0 ? "" : `${inFull(count)} ${noun}${count === 1 ? "" : "s"}`;
