import { Button, Group, Modal, Select } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { type RoleName, roleInWords, roleNames } from "../account/roles";
import { useSignedIn } from "../session/session";
import { useConfirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/PagedTable";
import { Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";
import { Failed } from "../ui/States";
import { Time } from "../ui/Time";
import { attempt, toast } from "../ui/Toasts";
import { changeMember, type Member, removeMember, renewInvitation, useMembers } from "./calls";
import { InvitationLink, Invite } from "./Invite";

/** Lists the members of this site with their roles, and the invitations. */
export function Members({ siteId }: { siteId: string }) {
  const { may, session } = useSignedIn();
  const [inviting, setInviting] = useState(false);
  const [renewed, setRenewed] = useState<Member>();
  const members = useMembers(siteId);
  const isAdmin = may("ADMIN");
  const remove = useRemove(siteId);
  const renew = useMutation({
    mutationFn: (member: Member) => renewInvitation(siteId, member.id),
    onSuccess: (member) =>
      member.invitationLink ? setRenewed(member) : toast(`A new link is on its way to ${member.email}`),
  });
  const columns: Column<Member>[] = [
    {
      title: "Member",
      cell: (member) => (
        <div className={classes.member}>
          <span className={classes.name}>
            {member.name || member.email}
            {member.id === session.member?.id ? <span className={classes.note}> (you)</span> : null}
          </span>
          {member.name ? <span className={classes.note}>{member.email}</span> : null}
        </div>
      ),
    },
    {
      title: "Role",
      width: 140,
      cell: (member) =>
        isAdmin ? (
          <Select
            size="xs"
            aria-label={`Role of ${member.email}`}
            allowDeselect={false}
            data={roleNames}
            value={member.role as string}
            onChange={(role) => {
              if (role && role !== member.role)
                void attempt(
                  changeMember(siteId, member.id, { role: role as RoleName }),
                  `${member.email} is ${roleInWords(role)} now`,
                );
            }}
          />
        ) : (
          roleInWords(member.role)
        ),
    },
    { title: "State", width: 190, cell: (member) => <State member={member} /> },
    {
      title: "Actions",
      bare: true,
      width: 190,
      cell: (member) =>
        isAdmin ? (
          <Group gap={6} justify="flex-end" wrap="nowrap">
            {member.state === "INVITED" ? (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`New link for ${member.email}`}
                onClick={() => void attempt(renew.mutateAsync(member))}
              >
                New link
              </Button>
            ) : null}
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${verb(member)} ${member.email}`}
              onClick={() => remove(member)}
            >
              {verb(member)}
            </Button>
          </Group>
        ) : null,
    },
  ];
  if (members.error && !members.data) return <Failed error={members.error} retry={() => void members.refetch()} />;
  return (
    <Panel
      title="Members"
      about="Viewers can see everything, editors build and publish, admins also manage keys, members and erasure."
      flush
      actions={
        isAdmin ? (
          <Button size="xs" leftSection={<UserPlus size={14} aria-hidden />} onClick={() => setInviting(true)}>
            Invite member
          </Button>
        ) : null
      }
    >
      <DataTable label="Members of this site" rows={members.data} columns={columns} rowKey={(member) => member.id} />
      <Modal
        opened={inviting}
        onClose={() => setInviting(false)}
        title="Invite member"
        size="lg"
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Invite siteId={siteId} close={() => setInviting(false)} />
      </Modal>
      <Modal
        opened={renewed !== undefined}
        onClose={() => setRenewed(undefined)}
        title="New link"
        size="lg"
        closeOnClickOutside={false}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {renewed ? <InvitationLink member={renewed} close={() => setRenewed(undefined)} /> : null}
      </Modal>
    </Panel>
  );
}

const verb = (member: Member) => (member.state === "INVITED" ? "Revoke" : "Remove");

function State({ member }: { member: Member }) {
  if (member.state !== "INVITED")
    return (
      <>
        since <Time value={member.createTime} />
      </>
    );
  const isOver = member.expireTime !== undefined && new Date(member.expireTime).getTime() < Date.now();
  return isOver ? (
    <span className={classes.gone}>invitation has expired</span>
  ) : (
    <span>
      invited, ends <Time value={member.expireTime} />
    </span>
  );
}

function useRemove(siteId: string) {
  const confirm = useConfirm();
  return (member: Member) =>
    confirm({
      title: `${verb(member)} ${member.state === "INVITED" ? `the invitation of ${member.email}` : member.email}?`,
      body:
        member.state === "INVITED"
          ? "The link stops working immediately. You can invite them again."
          : "They can no longer see or change this site. What they made stays, and so does their account.",
      confirm: verb(member),
      dangerous: true,
      run: () =>
        removeMember(siteId, member.id).then(() =>
          toast(
            member.state === "INVITED" ? `The invitation of ${member.email} is revoked` : `${member.email} is removed`,
          ),
        ),
    });
}
