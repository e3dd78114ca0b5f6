import { Text } from "@mantine/core";
import { useEffect } from "react";
import { Navigate } from "react-router";
import { useSession } from "../session/session";
import { tellWindows } from "../session/windows";
import { Failed, Loading } from "../ui/States";
import { Outside } from "./Outside";

/**
 * The last page of a sign-in in a second window, opened by a page whose session had ended. Lets that page continue, and
 * closes itself.
 */
export function SignedInPage() {
  const session = useSession();
  const email = session.data?.member?.email;
  useEffect(() => {
    if (!email) return;
    tellWindows({ kind: "signed-in" });
    window.close();
  }, [email]);

  if (session.error) return <Failed error={session.error} retry={() => void session.refetch()} />;
  if (session.isPending) return <Loading />;
  if (!email) return <Navigate to="/sign-in" replace state={{ from: "/signed-in" }} />;
  return (
    <Outside title="You are signed in">
      <Text size="sm">You are {email}. Close this window and continue in the one you came from.</Text>
    </Outside>
  );
}
