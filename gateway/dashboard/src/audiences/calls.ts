import { useQuery } from "@tanstack/react-query";
import { type Answer, ApiError, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { AudienceJson } from "../contract/journeys/definition/v1/journey_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";

export type Audience = Answer<AudienceJson>;

export const audiencesPath = "/api/audiences";

export function useAudience(id: string) {
  return useQuery({
    queryKey: [audiencesPath, id],
    queryFn: ({ signal }) => api.get<AudienceJson>(path`/api/audiences/${id}`, {}, signal),
    enabled: id !== "new",
    refetchInterval: ({ state }) => (state.data?.appliedEverywhere === false ? 3_000 : false),
  });
}

/** The fields of an audience that an author edits. */
export interface AudienceDesign {
  name: string;
  description: string;
  rule: RuleJson | undefined;
}

export async function saveAudience(
  before: Audience | undefined,
  { name, description, rule }: AudienceDesign,
  requestId: string,
): Promise<Audience> {
  const said = { name: name.trim(), description: description.trim(), rule: rule! };
  const saved = before
    ? await api.patch<AudienceJson>(path`/api/audiences/${before.id}`, { ...said, revision: before.revision })
    : await api.post<AudienceJson>(audiencesPath, { ...said, requestId });
  await refreshAudiences();
  queryClient.setQueryData([audiencesPath, saved.id], saved);
  return saved;
}

export async function deleteAudience(audience: Audience): Promise<void> {
  try {
    await api.delete<object>(path`/api/audiences/${audience.id}`);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "AUDIENCE_IN_USE") throw new Error(inUse(audience));
    throw error;
  }
}

/** Returns why an audience cannot be deleted. */
function inUse({ name, journeys }: { name: string; journeys: number }): string {
  const users =
    journeys > 0
      ? `${journeys === 1 ? "1 journey uses" : `${journeys} journeys use`} ${name}, in the draft or in a live version.`
      : `Another audience uses ${name} in its rule.`;
  return `${users} Remove it there first, then delete it here.`;
}

export const refreshAudiences = () => queryClient.invalidateQueries({ queryKey: [audiencesPath] });
