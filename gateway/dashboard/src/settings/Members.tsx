import { Alert, Button, Group, Modal, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useSignedIn } from "../api/session";
import { useConfirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/PagedTable";
import { Panel } from "../ui/Panel";
import { Failed, fieldError, messageOf } from "../ui/States";
import { Time } from "../ui/Time";
import { attempt, toast } from "../ui/Toasts";
import { addMember, changeMember, type Member, removeMember, useMembers } from "./calls";
import { roleInWords, roleNames, roles } from "./roles";
import classes from "./Settings.module.css";

type RoleName = "VIEWER" | "EDITOR" | "ADMIN";

/** Who of the team may do what on this site. */
export function Members({ siteId }: { siteId: string }) {
  const { may, session } = useSignedIn();
  const confirm = useConfirm();
  const [adding, setAdding] = useState(false);
  const members = useMembers(siteId);
  const isAdmin = may("ADMIN");
  const remove = (member: Member) =>
    confirm({
      title: `Remove ${member.email}?`,
      body: "They can no longer look at or change this site. What they made stays.",
      confirm: "Remove",
      dangerous: true,
      run: () => removeMember(siteId, member.id).then(() => toast(`${member.email} is removed`)),
    });
  const columns: Column<Member>[] = [
    {
      title: "Member",
      cell: (member) => (
        <div className={classes.member}>
          <span className={classes.name}>{member.name || member.email}{member.id === session.member?.id ? <span className={classes.note}> (you)</span> : null}</span>
          {member.name ? <span className={classes.note}>{member.email}</span> : null}
        </div>
      ),
    },
    {
      title: "Role", width: 150,
      cell: (member) => isAdmin ? (
        <Select
          size="xs" aria-label={`Role of ${member.email}`} allowDeselect={false} data={roleNames} value={member.role as string}
          onChange={(role) => { if (role && role !== member.role) void attempt(changeMember(siteId, member.id, { role: role as RoleName }), `${member.email} is ${roleInWords(role)} now`); }}
        />
      ) : roleInWords(member.role),
    },
    { title: "Added", width: 130, cell: (member) => <Time value={member.createTime} /> },
    { title: "Actions", bare: true, width: 90, cell: (member) => (isAdmin ? <Button size="compact-xs" variant="default" aria-label={`Remove ${member.email}`} onClick={() => remove(member)}>Remove</Button> : null) },
  ];
  if (members.error && !members.data) return <Failed error={members.error} retry={() => void members.refetch()} />;
  return (
    <Panel
      title="Members" about="Viewers look at everything, editors build and publish, admins manage keys, members and erasure too." flush
      actions={isAdmin ? <Button size="xs" leftSection={<UserPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>Add member</Button> : null}
    >
      <DataTable label="Members of this site" rows={members.data} columns={columns} rowKey={(member) => member.id} />
      <Modal opened={adding} onClose={() => setAdding(false)} title="Add member" closeButtonProps={{ "aria-label": "Close" }}>
        <Add siteId={siteId} close={() => setAdding(false)} />
      </Modal>
    </Panel>
  );
}

function Add({ siteId, close }: { siteId: string; close: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleName>("EDITOR");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: () => addMember(siteId, { email: email.trim(), name: name.trim(), role, password }),
    onSuccess: (member) => { toast(`${member.email} is a member now`); close(); },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="E-mail" type="email" required data-autofocus value={email} error={fieldError(add.error, "email")} onChange={(event) => setEmail(event.currentTarget.value)} />
        <TextInput label="Name" maxLength={255} value={name} error={fieldError(add.error, "name")} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label="Role" allowDeselect={false} data={roles} value={role} onChange={(value) => setRole(value as RoleName)} />
        <PasswordInput
          label="First password" description="At least 12 characters. Not needed for somebody who signs in here already." autoComplete="new-password" value={password} error={fieldError(add.error, "password")}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {add.error ? <Alert color="red" role="alert" py="xs">{messageOf(add.error)}</Alert> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>Cancel</Button>
          <Button type="submit" loading={add.isPending} disabled={!email.trim()}>Add</Button>
        </Group>
      </Stack>
    </form>
  );
}
