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

/** Which responses are looked at. */
export interface Asked {
  nodeId: string;
  version: number | undefined;
  from: string | undefined;
}

export const responsesPath = (journeyId: string) => path`/api/journeys/${journeyId}/responses`;

export const readSummary = (journeyId: string, asked: Asked, signal?: AbortSignal) =>
  api.get<ResponseSummaryJson>(path`/api/journeys/${journeyId}/response-summary`, { ...asked }, signal);

/** -100 to +100, as one says it. */
export const score = (nps: Scale["nps"]): string => `${Number(nps) > 0 ? "+" : ""}${Math.round(Number(nps))}`;

export const mean = ({ average }: Scale): string => Number(average).toFixed(1);

const head = ["time", "userId", "anonymousId", "enrollmentId", "version", "outcome"];

/** Rows of a file, a column for each question. */
export const toRows = (responses: readonly Response[], questions: readonly string[]): unknown[][] =>
  responses.map((response) => [
    response.answerTime,
    response.userId,
    response.anonymousId,
    response.enrollmentId,
    response.version,
    response.outcome,
    ...questions.map((id) => answerText((response.answers as Record<string, unknown> | undefined)?.[id])),
  ]);

const mostColumns = 200;

/**
 * All responses as a file, fetched page by page: the browser keeps the parts, not this page's memory. Questions that only some of them answer
 * get their columns when they are met, up to 200, so that the head is known last.
 */
export async function exportResponses(journeyId: string, asked: Asked, known: readonly string[]): Promise<Blob[]> {
  const questions = new Set(known);
  const parts: Blob[] = [];
  for (let pageToken = ""; ; ) {
    const page = await api.get<ListResponsesResponseJson>(responsesPath(journeyId), {
      ...asked,
      pageSize: 200,
      pageToken,
    });
    for (const { answers } of page.responses)
      for (const id of Object.keys(answers ?? {})) if (questions.size < mostColumns) questions.add(id);
    parts.push(new Blob([csvLines(toRows(page.responses, [...questions]))]));
    pageToken = page.nextPageToken;
    if (!pageToken) return [new Blob([csvLines([[...head, ...questions]])]), ...parts];
  }
}
