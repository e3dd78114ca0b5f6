import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import { queryClient, thenRefresh } from "../api/queryClient";
import type {
  ChangeMembersResponseJson,
  ListUserListsResponseJson,
  UserListJson,
} from "../contract/journeys/enrollment/v1/profile_service_pb";

export type UserList = Answer<UserListJson>;

export const listsPath = "/api/user-lists";
export const membersPath = (id: string) => path`/api/user-lists/${id}/members`;

export function useList(id: string) {
  return useQuery({
    queryKey: [listsPath, id],
    queryFn: ({ signal }) => api.get<UserListJson>(path`/api/user-lists/${id}`, {}, signal),
  });
}

/** Searches lists by name, to choose one. */
export function useListChoices(search: string) {
  return useQuery({
    queryKey: [listsPath, "choices", search],
    queryFn: ({ signal }) => api.get<ListUserListsResponseJson>(listsPath, { search, pageSize: 50 }, signal),
    select: (answer) => answer.userLists,
  });
}

export const refreshLists = () =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey: [key] }) => typeof key === "string" && key.startsWith(listsPath),
  });

export const createList = (name: string, description: string, requestId: string) =>
  thenRefresh(api.post<UserListJson>(listsPath, { name, description, requestId }), refreshLists);
export const changeList = (id: string, name: string, description: string) =>
  thenRefresh(api.patch<UserListJson>(path`/api/user-lists/${id}`, { name, description }), refreshLists);
export const deleteList = (id: string) => api.delete<object>(path`/api/user-lists/${id}`);
export const changeMembers = (id: string, change: { add?: readonly string[]; remove?: readonly string[] }) =>
  api.post<ChangeMembersResponseJson>(membersPath(id), change);
