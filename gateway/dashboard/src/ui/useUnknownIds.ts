import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/api";
import type { FindUnknownUsersResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { inChunks } from "./inChunks";

/**
 * Which of the ids no user has: a wrong column or a wrong encoding would make users that nobody is. Waits until the ids
 * stay the same.
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

/** As many as surely fit into one call's body. */
const idsAtOnce = (ids: readonly string[]): number => (ids.some((id) => id.length > 40) ? 1_000 : 5_000);
