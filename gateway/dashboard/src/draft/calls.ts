import { useQuery } from "@tanstack/react-query";
import { type Answer, api, newRequestId, path } from "../api/api";
import { queryClient, thenRefresh } from "../api/queryClient";
import type {
  CreateJourneyRequestJson,
  ListVersionsResponseJson,
  ValidateJourneyResponseJson,
} from "../contract/journeys/definition/v1/definition_service_pb";
import type { JourneyDocumentJson, JourneyJson, VersionJson } from "../contract/journeys/definition/v1/journey_pb";
import type { CountEnrollmentsResponseJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import type { ReleaseJson } from "../contract/journeys/scheduler/v1/scheduler_service_pb";

export type Journey = Answer<JourneyJson>;
export type Version = Answer<VersionJson>;
export type Problem = Answer<ValidateJourneyResponseJson>["problems"][number];
export type Move = "archive" | "restore";
type StoredPolicy = NonNullable<NonNullable<Journey["pause"]>["policy"]>;
/** How a resume treats the people inside. */
export type PausePolicy = Omit<StoredPolicy, "releasePerSecond"> & Partial<Pick<StoredPolicy, "releasePerSecond">>;
/** What is left of the release after a pause. */
export type Release = Answer<ReleaseJson>;
/** The reason of a pause, its end (RFC 3339; empty for a pause until somebody resumes it), and how it resumes. */
export interface PauseTerms {
  reason: string;
  resumeTime: string;
  policy: PausePolicy;
}

/** The prefix of all query keys about journeys, so that one change refreshes all of them. */
const journeysKey = "/api/journeys";
export const journeyKey = (id: string) => [journeysKey, id];

export const refreshJourneys = () => queryClient.invalidateQueries({ queryKey: [journeysKey] });

export const readRelease = (id: string, signal?: AbortSignal) =>
  api.get<ReleaseJson>(path`/api/journeys/${id}/release`, {}, signal);

export const readJourney = (id: string, signal?: AbortSignal) =>
  api.get<JourneyJson>(path`/api/journeys/${id}`, {}, signal);

/** The number of people in journeys, by status. */
export function useCounts(journeyIds: readonly string[], refetchInterval: number | false = 10_000) {
  return useQuery({
    queryKey: ["/api/enrollment-counts", journeyIds],
    queryFn: ({ signal }) => api.get<CountEnrollmentsResponseJson>("/api/enrollment-counts", { journeyIds }, signal),
    enabled: journeyIds.length > 0,
    refetchInterval,
    select: (answer) => new Map(answer.counts.map((count) => [count.journeyId, count])),
  });
}

/** The problems that prevent publishing a revision of the draft. */
export function useProblems(journeyId: string, revision: number) {
  return useQuery({
    queryKey: [...journeyKey(journeyId), "problems", revision],
    queryFn: ({ signal }) =>
      api.post<ValidateJourneyResponseJson>(path`/api/journeys/${journeyId}/validate`, {}, signal),
    placeholderData: (before) => before,
    select: (answer) => answer.problems,
  });
}

export const versionsPath = (journeyId: string) => path`/api/journeys/${journeyId}/versions`;

export const readVersion = (journeyId: string, version: number, signal?: AbortSignal) =>
  api.get<VersionJson>(path`/api/journeys/${journeyId}/versions/${version}`, {}, signal);

export function useVersion(journeyId: string, version: number) {
  return useQuery({
    queryKey: [...journeyKey(journeyId), "versions", version],
    queryFn: ({ signal }) => readVersion(journeyId, version, signal),
    // A published version never changes.
    staleTime: Number.POSITIVE_INFINITY,
    enabled: version > 0,
  });
}

export function useVersions(journeyId: string) {
  return useQuery({
    queryKey: [...journeyKey(journeyId), "versions"],
    queryFn: ({ signal }) => api.get<ListVersionsResponseJson>(versionsPath(journeyId), { pageSize: 200 }, signal),
    select: (answer) => answer.versions,
  });
}

const andRefresh = <T>(call: Promise<T>) => thenRefresh(call, refreshJourneys);

export const createJourney = (journey: CreateJourneyRequestJson) =>
  andRefresh(api.post<JourneyJson>("/api/journeys", journey));
export const importJourney = (document: JourneyDocumentJson) =>
  andRefresh(api.post<JourneyJson>("/api/journeys/import", { document, requestId: newRequestId() }));
export const cloneJourney = (id: string) =>
  andRefresh(api.post<JourneyJson>(path`/api/journeys/${id}/clone`, { requestId: newRequestId() }));
export const exportJourney = (id: string, version = 0) =>
  api.get<JourneyDocumentJson>(path`/api/journeys/${id}/export`, { version: version || undefined });
const pausePath = (id: string) => path`/api/journeys/${id}/pause`;
const pauseBody = (terms: PauseTerms) => ({ ...terms, resumeTime: terms.resumeTime || undefined });
export const pauseJourney = (id: string, terms: PauseTerms, requestId: string) =>
  andRefresh(api.post<JourneyJson>(pausePath(id), { ...pauseBody(terms), requestId }));
export const updatePause = (id: string, terms: PauseTerms) =>
  andRefresh(api.put<JourneyJson>(pausePath(id), pauseBody(terms)));
export const resumeJourney = (id: string, policy: PausePolicy, requestId: string) =>
  andRefresh(api.post<JourneyJson>(path`/api/journeys/${id}/resume`, { policy, requestId }));
export const moveJourney = (id: string, move: Move) =>
  andRefresh(api.post<JourneyJson>(`${path`/api/journeys/${id}`}/${move}`));
export const deleteJourney = (id: string) => andRefresh(api.delete<object>(path`/api/journeys/${id}`));
export const publishJourney = (id: string, revision: number, note: string) =>
  andRefresh(api.post<JourneyJson>(path`/api/journeys/${id}/publish`, { revision, note }));
