import { Button, Modal, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import { useAsking, useSessionEnded } from "../session/ended";
import { become, lookForSession, useSignedIn } from "../session/session";
import { attempt } from "../ui/Toasts";
import { useSignInOptions } from "./calls";
import { SignInForm } from "./SignInForm";
import { ByIssuer } from "./SignInPage";

/** Asks for the password over the page when the session has ended. What waited for it then goes on, and nothing typed is lost. */
export function SignInAgain() {
  useAsking();
  const ended = useSessionEnded();
  const { session } = useSignedIn();
  const options = useSignInOptions();

  // They may have signed in in another window.
  useEffect(() => {
    if (!ended) return undefined;
    const look = () => void lookForSession().catch(() => undefined);
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  }, [ended]);

  return (
    <Modal
      opened={ended}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      zIndex={400}
      title="Your session has ended"
    >
      <Stack gap="md">
        <Text size="sm">Sign in again to go on where you are. What you changed is kept, and is saved then.</Text>
        {options.data?.password === false ? (
          <>
            <ByIssuer issuer={options.data.issuer} />
            <Button onClick={() => void attempt(lookForSession())}>I have signed in</Button>
          </>
        ) : (
          <SignInForm email={session.member?.email ?? ""} />
        )}
        <Button variant="subtle" size="compact-sm" onClick={() => become(null)}>
          Leave without saving
        </Button>
      </Stack>
    </Modal>
  );
}
