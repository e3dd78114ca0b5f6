import { type Answer, api, path } from "../api/api";
import type {
  ListResponsesResponseJson,
  ResponseSummaryJson,
} from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { answerText } from "../graph/survey";
import { csvLines } from "../ui/csv";

export type Summary = Answer<ResponseSummaryJson>;
export type Question = Summary["questions"][number];
export type Scale = NonNullable<Question["scale"]>;
export type Response = Answer<ListResponsesResponseJson>["responses"][number];

/** The filter of responses. */
export interface Asked {
  nodeId: string;
  version: number | undefined;
  from: string | undefined;
}

export const responsesPath = (journeyId: string) => path`/api/journeys/${journeyId}/responses`;

export const readSummary = (journeyId: string, asked: Asked, signal?: AbortSignal) =>
  api.get<ResponseSummaryJson>(path`/api/journeys/${journeyId}/response-summary`, { ...asked }, signal);

/** Returns a net promoter score, -100 to +100, with its sign. */
export const score = (nps: Scale["nps"]): string => `${Number(nps) > 0 ? "+" : ""}${Math.round(Number(nps))}`;

export const mean = ({ average }: Scale): string => Number(average).toFixed(1);

const head = ["time", "userId", "anonymousId", "enrollmentId", "version", "outcome"];

type Answers = Readonly<Record<string, unknown>>;

const answersOf = (response: Response): Answers => (response.answers ?? {}) as Answers;

/** Returns the answers to questions without a column. */
const furtherOf = (answers: Answers, questions: ReadonlySet<string>) =>
  Object.entries(answers).filter(([id]) => !questions.has(id));

/**
 * Returns the rows of a file with a column for each question. Answers to other questions share one more column, as
 * JSON.
 */
export const toRows = (responses: readonly Response[], questions: ReadonlySet<string>): unknown[][] =>
  responses.map((response) => {
    const answers = answersOf(response);
    const further = furtherOf(answers, questions);
    return [
      response.answerTime,
      response.userId,
      response.anonymousId,
      response.enrollmentId,
      response.version,
      response.outcome,
      ...[...questions].map((id) => answerText(answers[id])),
      ...(further.length > 0 ? [Object.fromEntries(further)] : []),
    ];
  });

const mostColumns = 200;

/**
 * Exports all responses as a file, fetched page by page; the browser stores the parts, not this page's memory.
 * Questions get their columns when the first answer appears, so the header is known last. Beyond 200 questions, answers
 * share the last column.
 */
export async function exportResponses(journeyId: string, asked: Asked, known: readonly string[]): Promise<Blob[]> {
  const questions = new Set(known.slice(0, mostColumns));
  const parts: Blob[] = [];
  let isFull = false;
  for (let pageToken = ""; ; ) {
    const page = await api.get<ListResponsesResponseJson>(responsesPath(journeyId), {
      ...asked,
      pageSize: 200,
      pageToken,
    });
    for (const id of page.responses.flatMap((response) => Object.keys(answersOf(response))))
      if (questions.size < mostColumns) questions.add(id);
      else isFull ||= !questions.has(id);
    parts.push(new Blob([csvLines(toRows(page.responses, questions))]));
    pageToken = page.nextPageToken;
    if (!pageToken)
      return [new Blob([csvLines([[...head, ...questions, ...(isFull ? ["further answers"] : [])]])]), ...parts];
  }
}
