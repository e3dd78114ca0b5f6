import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type {
  ChangeMembersResponseJson,
  ListUserListsResponseJson,
  UserListJson,
} from "../contract/journeys/enrollment/v1/profile_service_pb";

export type UserList = Answer<UserListJson>;

export const listsPath = "/api/user-lists";
export const membersPath = (id: string) => path`/api/user-lists/${id}/members`;

/** As many ids as surely fit into one call's body. */
export const idsPerCall = 1_000;

export function useList(id: string) {
  return useQuery({
    queryKey: [listsPath, id],
    queryFn: ({ signal }) => api.get<UserListJson>(path`/api/user-lists/${id}`, {}, signal),
  });
}

/** Lists whose name has these words, to choose one. */
export function useListChoices(search: string) {
  return useQuery({
    queryKey: [listsPath, "choices", search],
    queryFn: ({ signal }) => api.get<ListUserListsResponseJson>(listsPath, { search, pageSize: 50 }, signal),
    select: (answer) => answer.userLists,
  });
}

async function andRefresh<T>(call: Promise<T>): Promise<T> {
  const answer = await call;
  await refreshLists();
  return answer;
}

export const refreshLists = () =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey: [key] }) => typeof key === "string" && key.startsWith(listsPath),
  });

export const createList = (name: string, description: string, requestId: string) =>
  andRefresh(api.post<UserListJson>(listsPath, { name, description, requestId }));
export const changeList = (id: string, name: string, description: string) =>
  andRefresh(api.patch<UserListJson>(path`/api/user-lists/${id}`, { name, description }));
export const deleteList = (id: string) => api.delete<object>(path`/api/user-lists/${id}`);
export const changeMembers = (id: string, change: { add?: readonly string[]; remove?: readonly string[] }) =>
  api.post<ChangeMembersResponseJson>(membersPath(id), change);
