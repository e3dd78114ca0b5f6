import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/api";
import type { FindUnknownUsersResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { inChunks } from "./inChunks";

/**
 * Returns which of the ids belong to no user, because a wrong column or encoding would create users who do not exist.
 * Waits until the ids stay the same.
 */
export function useUnknownIds(ids: readonly string[]) {
  const [settled] = useDebouncedValue(ids.join("\n"), 300);
  return useQuery({
    queryKey: ["/api/users/unknown", settled],
    queryFn: async ({ signal }) => {
      const asked = settled.split("\n");
      const unknown: string[] = [];
      const ask = async (userIds: readonly string[]) => {
        const answer = await api.post<FindUnknownUsersResponseJson>("/api/users/unknown", { userIds }, signal);
        unknown.push(...answer.userIds);
      };
      await inChunks(asked, idsAtOnce(asked), ask, () => {}, signal);
      return { count: unknown.length, first: unknown[0] };
    },
    enabled: settled !== "",
    staleTime: 60_000,
    gcTime: 0,
  });
}

/** Returns the number of ids that fit into the body of one call. */
const idsAtOnce = (ids: readonly string[]): number => (ids.some((id) => id.length > 40) ? 1_000 : 5_000);
