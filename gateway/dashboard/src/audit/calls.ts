import { useInfiniteQuery } from "@tanstack/react-query";
import { type Answer, api } from "../api/api";
import type { AuditEntryJson, ListAuditEntriesResponseJson } from "../contract/journeys/access/v1/audit_service_pb";

export type AuditEntry = Answer<AuditEntryJson>;

/** The filter of the log; empty texts match all. */
export interface AuditFilter {
  actor: string;
  action: string;
  target: string;
  fromTime: string;
  untilTime: string;
}

const auditPath = "/api/audit";
const shownAtOnce = 50;
const largestPage = 200;

/** The maximum number of exported rows, more than anybody reads in a spreadsheet. */
export const mostExported = 20_000;

export function useAudit(siteId: string, filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: [auditPath, siteId, filter],
    queryFn: ({ pageParam, signal }) => page(filter, shownAtOnce, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextPageToken || undefined,
  });
}

/** Returns all entries that match the filter, newest first. */
export async function allEntries(filter: AuditFilter): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let pageToken = "";
  do {
    const answer = await page(filter, largestPage, pageToken);
    entries.push(...answer.entries);
    pageToken = answer.nextPageToken;
  } while (pageToken && entries.length < mostExported);
  return entries;
}

const page = (filter: AuditFilter, pageSize: number, pageToken: string, signal?: AbortSignal) =>
  api.get<ListAuditEntriesResponseJson>(auditPath, { ...filter, pageSize, pageToken }, signal);
