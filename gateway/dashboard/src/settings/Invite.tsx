import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { wholeLink } from "../account/links";
import { type RoleName, roles } from "../account/roles";
import { CopyText } from "../ui/CopyText";
import { DialogForm } from "../ui/DialogForm";
import { fieldSentence } from "../ui/States";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { inviteMember, type Member } from "./calls";

/** Asks whom to invite, and shows the link if no e-mail is sent. */
export function Invite({ siteId, close }: { siteId: string; close: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleName>("EDITOR");
  const invite = useMutation({
    mutationFn: () => inviteMember(siteId, { email: email.trim(), name: name.trim(), role }),
    onSuccess: (member) => {
      if (member.invitationLink) return;
      toast(`The invitation is on its way to ${member.email}`);
      close();
    },
  });
  if (invite.data?.invitationLink) return <InvitationLink member={invite.data} close={close} />;
  return (
    <DialogForm
      verb="Invite"
      ready={email.trim() !== ""}
      submit={() => invite.mutate()}
      busy={invite.isPending}
      error={invite.error}
      fields={["email", "name"]}
      close={close}
    >
      <Text size="sm">
        They open a link, choose a name and a password of their own, and become a member when they accept.
      </Text>
      <TextInput
        label="E-mail"
        type="email"
        required
        data-autofocus
        value={email}
        error={fieldSentence(invite.error, "email")}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label="Name"
        description="Until they choose a name themselves"
        maxLength={255}
        value={name}
        error={fieldSentence(invite.error, "name")}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        allowDeselect={false}
        data={roles}
        value={role}
        onChange={(value) => setRole(value as RoleName)}
      />
    </DialogForm>
  );
}

/** Shows the link to pass on. It cannot be shown again. */
export function InvitationLink({ member, close }: { member: Member; close: () => void }) {
  return (
    <Stack gap="md">
      <Text size="sm">
        Copy the link now and give it to {member.email} and to nobody else: anyone who has it can accept. It works once,
        expires <Time value={member.expireTime} />, and cannot be shown again.
      </Text>
      <CopyText label="The link of the invitation" text={wholeLink(member.invitationLink, window.location.origin)} />
      <Group justify="flex-end">
        <Button onClick={close}>I have copied it</Button>
      </Group>
    </Stack>
  );
}
