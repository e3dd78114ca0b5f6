import { Anchor, Skeleton, Table } from "@mantine/core";
import { Link } from "react-router";
import type { Answer } from "../api/api";
import type { StopPreviewJson } from "../contract/journeys/enrollment/v1/stop_service_pb";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { inFull, peopleInWords } from "../ui/times";
import { nodeName } from "./calls";
import classes from "./StopPeople.module.css";
import { personOf } from "./words";

/** The maximum number of nodes that the table shows. */
const shown = 8;

interface Props {
  journeyId: string;
  nodes: ReadonlyMap<string, NodeJson>;
  /** Undefined while people are being counted. */
  preview: Answer<StopPreviewJson> | undefined;
}

/** Shows whom a stop would affect now: how many people, at which nodes, and some of them. */
export function StopPreview({ journeyId, nodes, preview }: Props) {
  if (!preview) return <Skeleton height={72} aria-label="Counting people" />;
  if (preview.people === 0) return <p role="status">Nobody inside matches now.</p>;
  return (
    <div className={classes.preview} role="status">
      <p>
        <strong>{peopleInWords(preview.people)}</strong> {preview.people === 1 ? "matches" : "match"} now:
      </p>
      <Table>
        <Table.Tbody>
          {preview.nodes.slice(0, shown).map((node) => (
            <Table.Tr key={node.nodeId}>
              <Table.Th scope="row">{nodeName(nodes, node.nodeId)}</Table.Th>
              <Table.Td className={classes.number!}>{inFull(node.people)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {preview.nodes.length > shown ? <p>And {inFull(preview.nodes.length - shown)} more nodes.</p> : null}
      <p className={classes.examples}>
        Among them{" "}
        {preview.examples.slice(0, 5).map((enrollment, index) => (
          <span key={enrollment.id}>
            {index > 0 ? ", " : ""}
            <Anchor component={Link} size="sm" to={`/journeys/${journeyId}/people/${enrollment.id}`} target="_blank">
              {personOf(enrollment)}
            </Anchor>
          </span>
        ))}
      </p>
    </div>
  );
}
