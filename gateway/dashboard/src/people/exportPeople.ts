import { api } from "../api/api";
import type { ListEnrollmentsResponseJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { csvLines } from "../ui/csv";
import { type Enrollment, peoplePath } from "./calls";

/** The filter of people. */
export interface Shown {
  status: readonly string[];
  nodeId: string;
  userId: string;
}

const columns = [
  "userId",
  "anonymousId",
  "enrollmentId",
  "status",
  "currentNodeId",
  "outcome",
  "stopReason",
  "source",
  "attempt",
  "journeyVersion",
  "enterTime",
  "updateTime",
  "wakeTime",
  "completeTime",
] as const;

const toRow = (enrollment: Enrollment): unknown[] =>
  columns.map((column) => (column === "enrollmentId" ? enrollment.id : enrollment[column]));

/**
 * Exports all people that match the filter as a file, fetched page by page; the browser stores the parts, not this
 * page's memory.
 */
export async function exportPeople(journeyId: string, shown: Shown): Promise<Blob[]> {
  const parts = [new Blob([csvLines([columns])])];
  for (let pageToken = ""; ; ) {
    const page = await api.get<ListEnrollmentsResponseJson>(peoplePath(journeyId), {
      ...shown,
      pageSize: 200,
      pageToken,
    });
    parts.push(new Blob([csvLines(page.enrollments.map(toRow))]));
    pageToken = page.nextPageToken;
    if (!pageToken) return parts;
  }
}
