import { Button, Modal, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import { isWaitedFor, useAsking, useSessionEnded } from "../session/ended";
import { become, lookForSession, useSignedIn } from "../session/session";
import { Loading } from "../ui/States";
import { attempt } from "../ui/Toasts";
import { useSignInOptions } from "./calls";
import { SignInForm } from "./SignInForm";

// Registered before the dialogs of pages, which close on Escape wherever the focus is, because text typed there must
// not be lost.
window.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape" && isWaitedFor()) event.stopImmediatePropagation();
  },
  { capture: true },
);

/**
 * Asks the member to sign in over the page when the session has ended. Waiting calls then continue, and nothing typed
 * is lost.
 */
export function SignInAgain() {
  useAsking();
  const ended = useSessionEnded();

  // The member may have signed in in another window.
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
        <Text size="sm">Sign in again to continue where you left off. Your changes are kept and will be saved.</Text>
        <Ways />
      </Stack>
    </Modal>
  );
}

/** Mounted only while it is shown, so that other pages do not request the ways to sign in. */
function Ways() {
  const { session } = useSignedIn();
  const options = useSignInOptions();
  if (options.isPending)
    return (
      <div tabIndex={-1} data-autofocus>
        <Loading />
      </div>
    );
  const issuer = options.data?.issuer;
  const byPassword = options.data?.password !== false;
  return (
    <>
      {byPassword ? <SignInForm email={session.member?.email ?? ""} /> : null}
      {issuer ? <AtIssuer issuer={issuer} variant={byPassword ? "default" : "filled"} /> : null}
      <Button variant="subtle" size="compact-sm" onClick={() => become(null)}>
        Leave without saving
      </Button>
    </>
  );
}

function AtIssuer({ issuer, variant }: { issuer: string; variant: "default" | "filled" }) {
  return (
    <>
      <Text size="sm">
        <strong>{issuer}</strong> signs you in, in a window of its own. This page continues when you are done there.
      </Text>
      <Button variant={variant} onClick={() => window.open("/signed-in", "_blank", "popup,width=520,height=720")}>
        Open sign-in window
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={() => void attempt(lookForSession())}>
        I have signed in
      </Button>
    </>
  );
}
