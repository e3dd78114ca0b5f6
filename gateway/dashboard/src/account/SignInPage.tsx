import { Anchor, Text } from "@mantine/core";
import { Link, Navigate, useLocation } from "react-router";
import { useSession } from "../session/session";
import { Failed, Loading } from "../ui/States";
import { useSignInOptions } from "./calls";
import { Outside } from "./Outside";
import { SignInForm } from "./SignInForm";

/** Shows the ways to sign in that this installation offers: e-mail and password, or the issuer that signs people in. */
export function SignInPage() {
  const session = useSession();
  const location = useLocation();
  const options = useSignInOptions();

  if (session.data) return <Navigate to={(location.state as { from?: string } | null)?.from ?? "/journeys"} replace />;
  if (options.error && !options.data) return <Failed error={options.error} retry={() => void options.refetch()} />;
  if (!options.data) return <Loading />;
  return (
    <Outside title="Sign in to Journeys">
      {options.data.password ? <SignInForm /> : <ByIssuer issuer={options.data.issuer} />}
      {options.data.passwordReset ? (
        <Anchor component={Link} to="/forgot-password" size="sm">
          Forgot your password?
        </Anchor>
      ) : null}
    </Outside>
  );
}

export function ByIssuer({ issuer }: { issuer: string }) {
  return (
    <Text size="sm">
      Password sign-in is disabled. You are signed in by <strong>{issuer}</strong>: open this page through your
      organisation's sign-in, then load it again.
    </Text>
  );
}
