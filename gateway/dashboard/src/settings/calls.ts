import { useQuery } from "@tanstack/react-query";
import { type Answer, api, path } from "../api/api";
import { queryClient, thenRefresh } from "../api/queryClient";
import type {
  CreateKeyRequestJson,
  CreateMemberRequestJson,
  KeyJson,
  ListKeysResponseJson,
  ListMembersResponseJson,
  MemberJson,
  SiteJson,
  UpdateMemberRequestJson,
  UpdateSiteRequestJson,
} from "../contract/journeys/access/v1/access_service_pb";

export type Key = Answer<KeyJson>;
export type Member = Answer<MemberJson>;
export type Site = Answer<SiteJson>;

const sitePath = (siteId: string) => path`/api/sites/${siteId}`;
const keysPath = (siteId: string) => path`/api/sites/${siteId}/keys`;
const membersPath = (siteId: string) => path`/api/sites/${siteId}/members`;

/** Reads the site, repeatedly as long as `refetchInterval` returns a time. */
export function useSite(siteId: string, refetchInterval: (site: Site | undefined) => number | false = () => false) {
  return useQuery({
    queryKey: [sitePath(siteId)],
    queryFn: ({ signal }) => api.get<SiteJson>(sitePath(siteId), {}, signal),
    refetchInterval: (query) => refetchInterval(query.state.data as Site | undefined),
  });
}

export async function changeSite(siteId: string, change: Omit<UpdateSiteRequestJson, "id">): Promise<Site> {
  const site = await api.patch<SiteJson>(sitePath(siteId), change);
  queryClient.setQueryData([sitePath(siteId)], site);
  // The site switcher shows the name too.
  await queryClient.invalidateQueries({ queryKey: ["session"] });
  return site;
}

export function useKeys(siteId: string) {
  return useQuery({
    queryKey: [keysPath(siteId)],
    queryFn: ({ signal }) => api.get<ListKeysResponseJson>(keysPath(siteId), {}, signal),
    select: (answer) => answer.keys,
  });
}

const andRefresh = <T>(key: string, call: Promise<T>) =>
  thenRefresh(call, () => queryClient.invalidateQueries({ queryKey: [key] }));

export const createKey = (siteId: string, key: Omit<CreateKeyRequestJson, "siteId">) =>
  andRefresh(keysPath(siteId), api.post<KeyJson>(keysPath(siteId), key));
export const revokeKey = (siteId: string, id: string) =>
  andRefresh(keysPath(siteId), api.delete<object>(path`/api/sites/${siteId}/keys/${id}`));

export function useMembers(siteId: string) {
  return useQuery({
    queryKey: [membersPath(siteId)],
    queryFn: ({ signal }) => api.get<ListMembersResponseJson>(membersPath(siteId), {}, signal),
    select: (answer) => answer.members,
  });
}

export const inviteMember = (siteId: string, member: Omit<CreateMemberRequestJson, "siteId">) =>
  andRefresh(membersPath(siteId), api.post<MemberJson>(membersPath(siteId), member));
export const renewInvitation = (siteId: string, id: string) =>
  andRefresh(membersPath(siteId), api.post<MemberJson>(path`/api/sites/${siteId}/members/${id}/renew`));
export const changeMember = (siteId: string, id: string, change: Omit<UpdateMemberRequestJson, "id" | "siteId">) =>
  andRefresh(membersPath(siteId), api.patch<MemberJson>(path`/api/sites/${siteId}/members/${id}`, change));
export const removeMember = (siteId: string, id: string) =>
  andRefresh(membersPath(siteId), api.delete<object>(path`/api/sites/${siteId}/members/${id}`));
