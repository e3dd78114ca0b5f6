import { ActionIcon, Anchor, Button, Tooltip } from "@mantine/core";
import { ListPlus, Pencil, Trash2, UserMinus, Users } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { path } from "../api/api";
import type { ListMembersResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { useSignedIn } from "../session/session";
import { BackLink } from "../ui/BackLink";
import { useConfirm } from "../ui/Confirm";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { Empty, Failed, Loading } from "../ui/States";
import { attempt, toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { usePages } from "../ui/usePages";
import { AddMembers } from "./AddMembers";
import { changeMembers, deleteList, membersPath, refreshLists, type UserList, useList } from "./calls";
import { EditList } from "./EditList";
import classes from "./ListPage.module.css";

export function ListPage() {
  const { listId } = useParams() as { listId: string };
  const list = useList(listId);
  if (list.error && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading label="Loading the list" />;
  return <Shown list={list.data} />;
}

function Shown({ list }: { list: UserList }) {
  const { may } = useSignedIn();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const pages = usePages<ListMembersResponseJson>(membersPath(list.id), {}, { pageSize: 50 });
  const isEditor = may("EDITOR");

  const takeOut = (userId: string) =>
    attempt(changeMembers(list.id, { remove: [userId] }).then(refreshLists), `${userId} is removed`);
  const remove = () =>
    confirm({
      title: `Delete ${list.name}?`,
      body:
        `The list of ${inFull(list.members)} ${list.members === 1 ? "member" : "members"} is deleted; ` +
        "the users stay, " +
        "and people who were enrolled from it stay where they are. This cannot be undone.",
      confirm: "Delete",
      dangerous: true,
      run: async () => {
        await deleteList(list.id);
        toast(`${list.name} is deleted`);
        // Leaves the page first, so that nothing reads the deleted list again.
        await navigate("/lists");
        await refreshLists();
      },
    });

  const columns: Column<string>[] = [
    {
      title: "User",
      cell: (userId) => (
        <Anchor component={Link} to={path`/users/${userId}`} className={classes.link!}>
          {userId}
        </Anchor>
      ),
    },
    {
      title: "Actions",
      bare: true,
      width: 52,
      cell: (userId) =>
        isEditor ? (
          <Tooltip label="Remove">
            <ActionIcon size={24} aria-label={`Remove ${userId}`} onClick={() => void takeOut(userId)}>
              <UserMinus size={15} />
            </ActionIcon>
          </Tooltip>
        ) : null,
    },
  ];
  return (
    <Page>
      <BackLink to="/lists">User lists</BackLink>
      <PageHeader
        title={list.name}
        about={
          (list.description || `${inFull(list.members)} ${list.members === 1 ? "member" : "members"}`) +
          ` (key:${list.key})`
        }
        actions={
          isEditor ? (
            <>
              <Button
                variant="default"
                leftSection={<Pencil size={15} aria-hidden />}
                onClick={() => setRenaming(true)}
              >
                Rename
              </Button>
              <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={remove}>
                Delete
              </Button>
              <Button leftSection={<ListPlus size={15} aria-hidden />} onClick={() => setAdding(true)}>
                Add members
              </Button>
            </>
          ) : null
        }
      />
      <PagedTable
        label="Members"
        rows={pages.answer?.userIds}
        columns={columns}
        rowKey={(userId) => userId}
        pages={pages}
        empty={
          <Empty
            title="No members yet"
            icon={<Users size={20} />}
            action={isEditor ? <Button onClick={() => setAdding(true)}>Add members</Button> : null}
          >
            Paste ids or choose a CSV file.
          </Empty>
        }
      />
      <AddMembers list={list} opened={adding} close={() => setAdding(false)} />
      <EditList list={list} opened={renaming} close={() => setRenaming(false)} />
    </Page>
  );
}
