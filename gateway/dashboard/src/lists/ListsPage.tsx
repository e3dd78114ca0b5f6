import { Button } from "@mantine/core";
import { ListChecks, Plus } from "lucide-react";
import { useState } from "react";
import type { ListUserListsResponseJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { useSignedIn } from "../session/session";
import { NameCell } from "../ui/NameCell";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { SearchInput } from "../ui/SearchInput";
import { Empty } from "../ui/States";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import { listsPath, type UserList } from "./calls";
import { EditList } from "./EditList";

const columns: Column<UserList>[] = [
  { title: "Name", cell: (list) => <NameCell to={`/lists/${list.id}`} name={list.name} about={list.description} /> },
  { title: "Members", number: true, width: 110, cell: (list) => inFull(list.members) },
  { title: "Created", width: 130, cell: (list) => <Time value={list.createTime} /> },
  { title: "Last change", width: 130, cell: (list) => <Time value={list.updateTime} /> },
];

export function ListsPage() {
  const { may } = useSignedIn();
  const filter = useFilter();
  const search = filter.of("search");
  const [creating, setCreating] = useState(false);
  const pages = usePages<ListUserListsResponseJson>(listsPath, { search });
  const create = may("EDITOR") ? (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      Create list
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader
        title="User lists"
        about="Users picked by hand or from a file. A list changes only when you change it."
        actions={create}
      />
      <SearchInput
        label="Search lists"
        placeholder="Search by name"
        value={search}
        onChange={(words) => filter.set("search", words)}
      />
      <PagedTable
        label="User lists"
        rows={pages.answer?.userLists}
        columns={columns}
        rowKey={(list) => list.id}
        pages={pages}
        empty={
          search ? (
            <Empty title="No lists match">Try fewer words.</Empty>
          ) : (
            <Empty title="No lists yet" icon={<ListChecks size={20} />} action={create}>
              Create one from a CSV file, and enroll all of its members in a journey together.
            </Empty>
          )
        }
      />
      <EditList opened={creating} close={() => setCreating(false)} />
    </Page>
  );
}
