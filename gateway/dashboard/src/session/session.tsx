import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { type Answer, ApiError, api, identify, whenSignedOut } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { SessionJson } from "../contract/journeys/access/v1/access_service_pb";
import type { Access_RoleJson } from "../contract/journeys/options/v1/access_pb";
import { Empty } from "../ui/States";
import { attempt } from "../ui/Toasts";
import { dropAll } from "../ui/unsaved";
import { isAsked, isWaitedFor, settleSignIn, waitForSignIn } from "./ended";
import { hearWindows, tellWindows } from "./windows";

type Session = Answer<SessionJson>;
type Site = NonNullable<Session["memberships"][number]["site"]>;
export type Role = Extract<Access_RoleJson, "VIEWER" | "EDITOR" | "ADMIN">;

interface SignedIn {
  session: Session;
  site: Site;
  role: Role;
  sites: Site[];
  chooseSite: (siteId: string) => void;
  /** Whether the member has at least this role on the site. */
  may: (role: Role) => boolean;
}

const order: readonly Role[] = ["VIEWER", "EDITOR", "ADMIN"];
const Context = createContext<SignedIn | undefined>(undefined);
const sessionKey = ["session"];
const storedSite = "journeys.site";

/** Reads who is signed in; null when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      try {
        const session = await api.get<SessionJson>("/api/session");
        // Another member may have signed in in another window. Pages outside the frame make calls too.
        if (present() && !isPresent(session)) become(session);
        else identify(callerOf(session));
        return session;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        if (!present()) return null;
        // The open page stays, to keep what was typed there.
        await mayGoOn();
        return present();
      }
    },
    staleTime: 5 * 60_000,
  });
}

/** Signs in. `code` is only for accounts with two-factor authentication. */
export async function signIn(email: string, password: string, code: string): Promise<void> {
  goOnAs(await api.post<SessionJson>("/api/session", { email, password, code }));
  tellWindows({ kind: "signed-in" });
}

/** Checks whether the member has signed in elsewhere since the session ended. */
export async function lookForSession(): Promise<void> {
  goOnAs(await api.get<SessionJson>("/api/session"));
}

function goOnAs(session: Session): void {
  if (!isPresent(session)) {
    become(session);
    return;
  }
  identify(callerOf(session));
  queryClient.setQueryData(sessionKey, session);
  settleSignIn(true);
}

/** Reads again who is signed in. */
export const refreshSession = (): Promise<void> => queryClient.invalidateQueries({ queryKey: sessionKey });

export async function signOut(): Promise<void> {
  const email = present()?.member?.email ?? "";
  try {
    await api.delete("/api/session");
  } catch (error) {
    // If the session has ended already, the result is the same.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  become(null);
  tellWindows({ kind: "signed-out", email });
}

hearWindows((news) => {
  // Clears the page, because a member who signs out wants nothing left on the screen, and nothing could be saved any
  // more.
  if (news.kind === "signed-out" && present()?.member?.email === news.email) become(null);
  if (news.kind === "signed-in" && isWaitedFor()) void lookForSession().catch(() => undefined);
});

const callerOf = ({ csrfToken, member }: Session) => ({ csrfToken, email: member?.email ?? "" });

const isPresent = (session: Session | null): boolean => session?.member?.email === present()?.member?.email;

const present = (): Session | null => queryClient.getQueryData<Session | null>(sessionKey) ?? null;

/**
 * Waits until the member whose session has ended is signed in again. Returns false immediately if nobody was signed in,
 * or no component asks for it.
 */
async function mayGoOn(): Promise<boolean> {
  if (present() && isAsked()) return waitForSignIn();
  become(null);
  return false;
}

whenSignedOut(mayGoOn);

/** Changes the present member, or signs out. */
export function become(session: Session | null): void {
  // Unsaved changes must not be saved in another member's name.
  if (!isPresent(session)) dropAll();
  identify(session ? callerOf(session) : { csrfToken: "", email: "", siteId: "" });
  queryClient.setQueryData(sessionKey, session);
  forget();
  settleSignIn(false);
}

/** Removes cached data, which belongs to the member and the site for which it was read. */
function forget(): void {
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
}

/** Provides the member and the selected site to all components below. */
export function SignedInProvider({ session, children }: { session: Session; children: ReactNode }) {
  const [chosen, setChosen] = useState(() => localStorage.getItem(storedSite) ?? "");
  const value = useMemo(() => {
    const membership = session.memberships.find((each) => each.site?.id === chosen) ?? session.memberships[0];
    if (!membership?.site) return undefined;
    const role = membership.role as Role;
    return {
      session,
      site: membership.site,
      role,
      sites: session.memberships.flatMap((each) => each.site ?? []),
      chooseSite: (siteId: string) => {
        localStorage.setItem(storedSite, siteId);
        identify({ csrfToken: session.csrfToken, siteId });
        setChosen(siteId);
        forget();
      },
      may: (needed: Role) => order.indexOf(role) >= order.indexOf(needed),
    };
  }, [session, chosen]);

  // Called before the first child makes a request.
  identify({ ...callerOf(session), siteId: value?.site.id ?? "" });

  if (!value) return <NoSite email={session.member?.email ?? ""} />;
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

function NoSite({ email }: { email: string }) {
  return (
    <Empty
      title="You do not belong to a site"
      action={
        <Button variant="default" onClick={() => void attempt(signOut())}>
          Sign out
        </Button>
      }
    >
      You are {email}. Ask an admin of a site to invite you, then open the link of the invitation.
    </Empty>
  );
}

export function useSignedIn(): SignedIn {
  const value = useContext(Context);
  if (!value) throw new Error("useSignedIn is only for pages behind the sign-in.");
  return value;
}
