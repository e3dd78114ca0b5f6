import { Alert, Button, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { signOut, useSession } from "../session/session";
import { Refusal } from "../ui/Refusal";
import { Failed, fieldSentence, Loading, messageOf } from "../ui/States";
import { Time } from "../ui/Time";
import { attempt } from "../ui/Toasts";
import { acceptInvitation, type Invitation, joinSite, useInvitation, useSignInOptions } from "./calls";
import { tokenOf } from "./links";
import { NewPassword } from "./NewPassword";
import { Outside } from "./Outside";
import { roleInWords } from "./roles";
import { SignInForm } from "./SignInForm";
import { ByIssuer } from "./SignInPage";

/** The page behind the link of an invitation: shows the site and the role, and lets the person accept. */
export function InvitationPage() {
  const token = tokenOf(useLocation().hash);
  const invitation = useInvitation(token);
  const session = useSession();
  if (invitation.error)
    return (
      <Outside title="This link does not work">
        <Text size="sm">{token ? messageOf(invitation.error) : "The link is incomplete. Copy the whole link."}</Text>
      </Outside>
    );
  if (session.error) return <Failed error={session.error} retry={() => void session.refetch()} />;
  if (!invitation.data || session.isPending) return <Loading label="Loading the invitation" />;

  const { email, siteName, role, invitedBy, expireTime } = invitation.data;
  return (
    <Outside title={`Join ${siteName}`}>
      <Text size="sm">
        {invitedBy ? (
          <>
            <strong>{invitedBy}</strong> invites
          </>
        ) : (
          "An invitation of"
        )}{" "}
        <strong>{email}</strong> to the site <strong>{siteName}</strong>, as {roleInWords(role as string)}. The
        invitation ends <Time value={expireTime} />.
      </Text>
      {session.data ? (
        <AsMember token={token} invitation={invitation.data} own={session.data.member?.email ?? ""} />
      ) : (
        <AsStranger token={token} invitation={invitation.data} />
      )}
    </Outside>
  );
}

interface Props {
  token: string;
  invitation: Invitation;
}

function AsMember({ token, invitation, own }: Props & { own: string }) {
  const navigate = useNavigate();
  const join = useMutation({ mutationFn: () => joinSite(token), onSuccess: () => void navigate("/journeys") });
  if (own !== invitation.email)
    return (
      <Stack gap="sm">
        <Alert color="yellow" py="xs">
          You are signed in as {own}. Sign out to accept it as {invitation.email}.
        </Alert>
        <Button variant="default" onClick={() => void attempt(signOut())}>
          Sign out
        </Button>
      </Stack>
    );
  return (
    <Stack gap="sm">
      <Refusal error={join.error} />
      <Button loading={join.isPending} onClick={() => join.mutate()}>
        Join {invitation.siteName}
      </Button>
    </Stack>
  );
}

function AsStranger({ token, invitation }: Props) {
  const options = useSignInOptions();
  const [known, setKnown] = useState("new");
  if (options.error && !options.data) return <Failed error={options.error} retry={() => void options.refetch()} />;
  if (!options.data) return <Loading />;
  if (!options.data.password) return <ByIssuer issuer={options.data.issuer} />;
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label="Your account"
        fullWidth
        value={known}
        onChange={setKnown}
        data={[
          { value: "new", label: "I am new here" },
          { value: "known", label: "I have an account" },
        ]}
      />
      {known === "new" ? <Create token={token} invitation={invitation} /> : <SignInForm email={invitation.email} />}
    </Stack>
  );
}

function Create({ token, invitation }: Props) {
  const navigate = useNavigate();
  const [name, setName] = useState(invitation.name);
  const [password, setPassword] = useState("");
  const accept = useMutation({
    mutationFn: () => acceptInvitation(token, name.trim(), password),
    onSuccess: () => void navigate("/journeys"),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Create an account">
      <Stack gap="sm">
        <TextInput label="E-mail" type="email" autoComplete="username" readOnly value={invitation.email} />
        <TextInput
          label="Your name"
          autoComplete="name"
          required
          maxLength={255}
          value={name}
          error={fieldSentence(accept.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NewPassword label="Password" value={password} change={setPassword} error={accept.error} field="password" />
        <Refusal error={accept.error} shownAt={["name", "password"]} />
        <Button type="submit" loading={accept.isPending} fullWidth mt={4}>
          Create account and join
        </Button>
      </Stack>
    </form>
  );
}
