import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { ListJourneysResponseJson } from "../contract/journeys/definition/v1/definition_service_pb";
import type { SiteHaltJson } from "../contract/journeys/definition/v1/site_halt_service_pb";

export type SiteHalt = Answer<SiteHaltJson>;

const haltPath = (siteId: string) => path`/api/sites/${siteId}/halt`;

/** Reads repeatedly whether the site is halted, so that everybody sees it. */
export function useHalt(siteId: string) {
  return useQuery({
    queryKey: [haltPath(siteId)],
    queryFn: ({ signal }) => api.get<SiteHaltJson>(haltPath(siteId), {}, signal),
    refetchInterval: ({ state }) => (state.data?.appliedEverywhere === false ? 2_000 : 10_000),
  });
}

const noting = async (siteId: string, call: Promise<SiteHalt>): Promise<SiteHalt> => {
  const halt = await call;
  queryClient.setQueryData([haltPath(siteId)], halt);
  return halt;
};

export const haltSite = (siteId: string, reason: string) =>
  noting(siteId, api.post<SiteHaltJson>(haltPath(siteId), { reason }));
export const resumeSite = (siteId: string) =>
  noting(siteId, api.post<SiteHaltJson>(path`/api/sites/${siteId}/resume`, {}));

/**
 * Describes the present effect for people. A halt or a resume is stored first, and takes effect once it is confirmed.
 */
export function inForce({ halted, appliedEverywhere }: Pick<SiteHalt, "halted" | "appliedEverywhere">): string {
  if (halted) {
    return appliedEverywhere
      ? "Nobody enters a journey or moves in one."
      : "Applying the change: until it is confirmed, people may still enter and move.";
  }
  return appliedEverywhere ? "" : "The site is being resumed: until that is confirmed, nobody enters or moves.";
}

/** Counts the live journeys. */
export const countLive = async (): Promise<number> =>
  (await api.get<ListJourneysResponseJson>("/api/journeys", { status: "PUBLISHED", pageSize: 1 })).totalSize;
