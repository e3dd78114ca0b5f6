import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { EnrollmentJson } from "../contract/journeys/enrollment/v1/enrollment_pb";
import type {
  EnrollmentPreviewJson,
  EnrollUsersRequestJson,
  EnrollUsersResponseJson,
  ExplainUserResponseJson,
} from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import type {
  CreateStopRequestJson,
  ListStopsResponseJson,
  SelectionJson,
  StopPreviewJson,
} from "../contract/journeys/enrollment/v1/stop_service_pb";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { JobJson } from "../contract/journeys/scheduler/v1/scheduler_service_pb";
import { journeyKey, readJourney, useVersion } from "../draft/calls";
import type { Job } from "../jobs/calls";

export type Enrollment = Answer<EnrollmentJson>;
export type EnrollResult = Answer<EnrollUsersResponseJson>["results"][number];

export const peoplePath = (journeyId: string) => path`/api/journeys/${journeyId}/enrollments`;

export function useJourney(journeyId: string) {
  return useQuery({ queryKey: journeyKey(journeyId), queryFn: ({ signal }) => readJourney(journeyId, signal) });
}

/** Returns the nodes of a published version by id, for their names. */
export function useNodes(journeyId: string, version: number): ReadonlyMap<string, NodeJson> {
  const graph = useVersion(journeyId, version).data?.design?.graph;
  return new Map((graph?.nodes ?? []).map((node) => [node.id ?? "", node as NodeJson]));
}

export const nodeName = (nodes: ReadonlyMap<string, NodeJson>, id: string): string => nodes.get(id)?.name || id;

export const enrollUsers = (journeyId: string, userIds: readonly string[]) =>
  api.post<EnrollUsersResponseJson>(peoplePath(journeyId), { userIds }).then((answer) => answer.results);

export async function enrollList(journeyId: string, listId: string, requestId: string): Promise<Job> {
  const { job } = await api.post<EnrollUsersResponseJson>(peoplePath(journeyId), { listId, requestId });
  return job!;
}

export const previewEnrollment = (journeyId: string, rule: RuleJson, signal: AbortSignal) =>
  api.post<EnrollmentPreviewJson>(`${peoplePath(journeyId)}/preview`, { rule }, signal);

export async function enrollByRule(journeyId: string, request: EnrollUsersRequestJson): Promise<Job> {
  const { job } = await api.post<EnrollUsersResponseJson>(peoplePath(journeyId), request);
  return job!;
}

export async function stopEnrollment(enrollment: Enrollment): Promise<void> {
  await api.post<EnrollmentJson>(path`/api/journeys/${enrollment.journeyId}/enrollments/${enrollment.id}/stop`);
  await refreshPeople(enrollment.journeyId);
}

export type Stop = Answer<ListStopsResponseJson>["stops"][number];

export const stopsPath = (journeyId: string) => path`/api/journeys/${journeyId}/stops`;

export const previewStop = (journeyId: string, selection: SelectionJson, signal: AbortSignal) =>
  api.post<StopPreviewJson>(`${stopsPath(journeyId)}/preview`, { selection }, signal);

export const stopPeople = (journeyId: string, request: CreateStopRequestJson) =>
  api.post<JobJson>(stopsPath(journeyId), request);

export async function undoStop(stop: Stop): Promise<void> {
  await api.post<JobJson>(`${stopsPath(stop.journeyId)}/${encodeURIComponent(stop.id)}/undo`);
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: [stopsPath(stop.journeyId)] }),
    refreshPeople(stop.journeyId),
  ]);
}

export const explain = (journeyId: string, userId: string, signal?: AbortSignal) =>
  api.get<ExplainUserResponseJson>(path`/api/journeys/${journeyId}/why`, { userId }, signal);

export const refreshPeople = (journeyId: string) =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: [peoplePath(journeyId)] }),
    queryClient.invalidateQueries({ queryKey: ["/api/enrollment-counts"] }),
  ]);
