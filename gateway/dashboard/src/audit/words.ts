import { csvLines } from "../ui/csv";
import type { AuditEntry } from "./calls";

const known: Record<string, string> = {
  CreateSession: "Signed in",
  IssuerSignIn: "Signed in through the issuer",
  DeleteSession: "Signed out",
  AcceptInvitation: "Accepted an invitation",
  JoinSite: "Joined the site",
  LeaveSite: "Left the site",
  ClaimAccount: "Took the account over through the issuer",
  UpdateAccount: "Changed their own name",
  ChangePassword: "Changed their own password",
  CreateAuthenticator: "Began to set up two-factor authentication",
  ConfirmAuthenticator: "Turned two-factor authentication on",
  DeleteAuthenticator: "Turned two-factor authentication off",
  ResetPassword: "Set a new password by link",
  CreateMember: "Invited a member",
  UpdateMember: "Changed a member",
  DeleteMember: "Removed a member",
  RenewInvitation: "Renewed an invitation",
  UpdateSite: "Changed the settings",
  HaltSite: "Halted the site",
  ResumeSite: "Resumed the site",
  DeleteKey: "Revoked a key",
  EraseUser: "Erased a user",
  ExportUser: "Exported a user",
  EnrollUsers: "Enrolled people",
  ChangeMembers: "Changed who is on a list",
  RetrySetAside: "Tried a set-aside enrollment again",
  ResendDeadLetter: "Sent a dead letter again",
  ResendDeadLetters: "Sent dead letters again",
};

const pastTense: Record<string, string> = {
  Create: "Created",
  Update: "Changed",
  Delete: "Deleted",
  Publish: "Published",
  Pause: "Paused",
  Resume: "Resumed",
  Archive: "Archived",
  Restore: "Restored",
  Clone: "Cloned",
  Import: "Imported",
  Export: "Exported",
  Stop: "Stopped",
  Cancel: "Cancelled",
};

/** Returns an action in words: `Published a journey` for `PublishJourney`. Falls back to the name of the rpc. */
export function actionInWords(action: string): string {
  const [, verb, thing] = /^([A-Z][a-z]+)(.*)$/.exec(action) ?? [];
  if (known[action]) return known[action];
  if (!verb || !pastTense[verb]) return action;
  const noun = thing!.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return `${pastTense[verb]} ${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** Returns the outcome in words. The outcome of a call whose answer was lost is unknown. */
export const outcomeInWords = (entry: AuditEntry): string =>
  entry.outcome === "OK"
    ? "Done"
    : entry.outcome === "FAILED"
      ? "Refused"
      : entry.endTime || entry.reason
        ? "Outcome unknown"
        : "Under way, or outcome unknown";

/** Returns a free-form part of an entry as pairs of name and value. */
export const factsOf = (part: unknown): (readonly [string, string])[] =>
  typeof part === "object" && part !== null
    ? Object.entries(part).map(
        ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
      )
    : [];

const columns = [
  "time",
  "endTime",
  "actorKind",
  "actorName",
  "actorId",
  "action",
  "targetKind",
  "targetId",
  "outcome",
  "reason",
  "address",
  "request",
  "before",
  "after",
] as const;

/** Returns the entries as CSV. */
export const toCsv = (entries: readonly AuditEntry[]): string =>
  csvLines([columns, ...entries.map((entry) => columns.map((column) => entry[column]))]);
