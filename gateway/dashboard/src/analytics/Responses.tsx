import { Anchor, Button, Select } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Link } from "react-router";
import type { ListResponsesResponseJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import type { Graph } from "../graph/graph";
import { answerText } from "../graph/survey";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Panel } from "../ui/Panel";
import { Empty, Failed, Loading } from "../ui/States";
import { saveFile } from "../ui/saveFile";
import { Time } from "../ui/Time";
import { attempt } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import { QuestionAnswers } from "./QuestionAnswers";
import classes from "./Responses.module.css";
import { type Asked, exportResponses, type Response, readSummary, responsesPath } from "./responses";

interface ResponsesProps {
  journeyId: string;
  graph: Graph;
  version: number;
  from: string | undefined;
  title: (id: string) => string;
}

/** Shows the answers of each survey. Renders nothing if the journey has no survey. */
export function Responses({ graph, ...props }: ResponsesProps) {
  const filter = useFilter();
  const surveys = graph.nodes.filter((node) => node.content?.contentType === "SURVEY").map((node) => node.id);
  const nodeId = surveys.find((id) => id === filter.of("survey")) ?? surveys[0];
  if (!nodeId) return null;
  return (
    <Survey
      {...props}
      nodeId={nodeId}
      choice={
        surveys.length > 1 ? (
          <Select
            size="xs"
            aria-label="Survey"
            allowDeselect={false}
            value={nodeId}
            onChange={(value) => filter.set("survey", value ?? "")}
            data={surveys.map((id) => ({ value: id, label: props.title(id) }))}
          />
        ) : null
      }
    />
  );
}

function Survey({
  journeyId,
  nodeId,
  version,
  from,
  title,
  choice,
}: Omit<ResponsesProps, "graph"> & { nodeId: string; choice: React.ReactNode }) {
  const asked: Asked = { nodeId, version: version || undefined, from };
  const summary = useQuery({
    queryKey: ["/api/responses", "summary", journeyId, asked],
    queryFn: ({ signal }) => readSummary(journeyId, asked, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
  const data = summary.data;
  const questions = data?.questions ?? [];
  const download = useMutation({
    mutationFn: () =>
      exportResponses(
        journeyId,
        asked,
        questions.map((question) => question.id),
      ),
  });
  const save = async () => {
    const parts = await attempt(download.mutateAsync());
    if (parts) saveFile(`responses-${nodeId}.csv`, parts, "text/csv");
  };

  return (
    <Panel
      title="Responses"
      about={
        data?.hasMore
          ? `Added up: the newest ${inFull(data.responses)}. The list and the file have all of them.`
          : `What people answered at ${title(nodeId)}${from ? ", by when they answered" : ""}: ` +
            (data?.responses === 1 ? "1 response." : `${inFull(data?.responses ?? 0)} responses.`)
      }
      actions={
        <>
          {choice}
          <Button
            size="xs"
            variant="default"
            leftSection={<Download size={14} aria-hidden />}
            loading={download.isPending}
            disabled={!data?.responses}
            onClick={() => void save()}
          >
            Export as CSV
          </Button>
        </>
      }
    >
      {summary.error && !data ? <Failed error={summary.error} retry={() => void summary.refetch()} /> : null}
      {summary.isPending ? <Loading label="Loading the responses" /> : null}
      {data?.responses === 0 ? (
        <Empty title="No responses yet">Answers appear here as soon as they are sent.</Empty>
      ) : null}
      {data && data.responses > 0 ? (
        <div className={classes.page}>
          <div className={classes.questions}>
            {questions.map((question) => (
              <QuestionAnswers key={question.id} question={question} />
            ))}
          </div>
          <List journeyId={journeyId} asked={asked} questions={questions} />
        </div>
      ) : null}
    </Panel>
  );
}

function List({
  journeyId,
  asked,
  questions,
}: {
  journeyId: string;
  asked: Asked;
  questions: readonly { id: string; label: string }[];
}) {
  const pages = usePages<ListResponsesResponseJson>(
    responsesPath(journeyId),
    { ...asked },
    { refetchInterval: 10_000 },
  );
  const columns: Column<Response>[] = [
    {
      title: "Person",
      width: 180,
      cell: ({ enrollmentId, userId, anonymousId }) => (
        <Anchor component={Link} size="sm" to={`/journeys/${journeyId}/people/${enrollmentId}`}>
          {userId || anonymousId}
        </Anchor>
      ),
    },
    ...questions.map(({ id, label }) => ({
      id: `answer ${id}`,
      title: label || id,
      cell: ({ answers }: Response) => (
        <span className={classes.answer}>{answerText((answers as Record<string, unknown> | undefined)?.[id])}</span>
      ),
    })),
    { title: "Version", number: true, width: 80, cell: (response) => response.version },
    { title: "Answered", width: 120, cell: (response) => <Time value={response.answerTime} /> },
  ];
  return (
    <PagedTable
      label="Responses, newest first"
      rows={pages.answer?.responses}
      columns={columns}
      rowKey={(response) => `${response.enrollmentId} ${response.visitNo}`}
      pages={pages}
      empty={null}
    />
  );
}
