import { useQuery } from "@tanstack/react-query";
import { type Answer, api } from "../api/api";
import type { SessionJson } from "../contract/journeys/access/v1/access_service_pb";
import type {
  AuthenticatorJson,
  ConfirmAuthenticatorResponseJson,
  InvitationJson,
  SignInOptionsJson,
} from "../contract/journeys/access/v1/account_service_pb";
import { become } from "../session/session";

export type Invitation = Answer<InvitationJson>;

/** The ways to sign in that this installation offers. */
export function useSignInOptions() {
  return useQuery({
    queryKey: ["sign-in-options"],
    queryFn: ({ signal }) => api.get<SignInOptionsJson>("/api/sign-in-options", {}, signal),
    staleTime: Infinity,
  });
}

/** The invitation behind a link. */
export function useInvitation(token: string) {
  return useQuery({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => api.post<InvitationJson>("/api/invitations/find", { token }, signal),
    staleTime: Infinity,
  });
}

export const acceptInvitation = async (token: string, name: string, password: string): Promise<void> =>
  become(await api.post<SessionJson>("/api/invitations/accept", { token, name, password }));

export const joinSite = async (token: string): Promise<void> =>
  become(await api.post<SessionJson>("/api/invitations/join", { token }));

export const changeName = async (name: string): Promise<void> =>
  become(await api.patch<SessionJson>("/api/account", { name }));

/** Removes the person from a site. */
export const leaveSite = async (siteId: string): Promise<void> =>
  become(await api.post<SessionJson>(`/api/sites/${siteId}/leave`, {}));

export const changePassword = (oldPassword: string, newPassword: string) =>
  api.post<object>("/api/account/password", { oldPassword, newPassword });

export const createAuthenticator = (password: string) =>
  api.post<AuthenticatorJson>("/api/account/authenticator", { password });

export const confirmAuthenticator = (code: string) =>
  api.post<ConfirmAuthenticatorResponseJson>("/api/account/authenticator/confirm", { code });

export const deleteAuthenticator = (password: string, code: string) =>
  api.post<object>("/api/account/authenticator/delete", { password, code });

export const requestPasswordReset = (email: string) => api.post<object>("/api/password-resets", { email });

export const resetPassword = (token: string, password: string) =>
  api.post<object>("/api/password-resets/complete", { token, password });
