import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { JobJson } from "../contract/journeys/scheduler/v1/scheduler_service_pb";
import { addSample, type Pace, paceOf, type Sample } from "./progress";

export type Job = Answer<JobJson>;

export const jobsPath = "/api/jobs";

export async function cancelJob(id: string): Promise<Job> {
  const job = await api.post<JobJson>(path`/api/jobs/${id}/cancel`);
  await queryClient.invalidateQueries({ queryKey: [jobsPath] });
  return job;
}

/** Reads a job repeatedly until it has ended. */
export function useJob(id: string | undefined) {
  return useQuery({
    queryKey: [jobsPath, id],
    queryFn: ({ signal }) => api.get<JobJson>(path`/api/jobs/${id!}`, {}, signal),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data && query.state.data.status !== "RUNNING" ? false : 1_000),
  });
}

/** Returns the names of the journeys, lists and audiences of jobs; undefined for deleted ones. */
export function useSubjects(jobs: readonly Job[]): (id: string) => string | undefined {
  const roots = { LIST_ENROLLMENT: "/api/user-lists", AUDIENCE_SWEEP: "/api/audiences" } as Record<string, string>;
  const addresses = new Map<string, string>();
  for (const { journeyId, kind, subjectId } of jobs) {
    if (journeyId) addresses.set(journeyId, path`/api/journeys/${journeyId}`);
    const root = roots[kind as string];
    if (root && subjectId) addresses.set(subjectId, `${root}/${encodeURIComponent(subjectId)}`);
  }
  const ids = [...addresses.keys()];
  const names = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["names", id],
      queryFn: () => api.get<{ name: string }>(addresses.get(id)!),
      staleTime: 60_000,
      retry: false,
    })),
  });
  return (id) => names[ids.indexOf(id)]?.data?.name;
}

/** Returns the speed of a running job, measured while this page is open. */
export function usePace(job: Job): Pace | undefined {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const { done, status, total, updateTime } = job;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new time of update is a sample, whatever has been done.
  useEffect(() => {
    if (status === "RUNNING") setSamples((before) => addSample(before, { at: Date.now(), done }));
  }, [done, status, updateTime]);
  return status === "RUNNING" ? paceOf(samples, total) : undefined;
}
