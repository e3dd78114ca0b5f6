import { Users } from "lucide-react";
import { type Answer, path } from "../api/api";
import type { ListUsersResponseJson, UserJson } from "../contract/journeys/enrollment/v1/profile_service_pb";
import { NameCell } from "../ui/NameCell";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { SearchInput } from "../ui/SearchInput";
import { Empty } from "../ui/States";
import { Time } from "../ui/Time";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import classes from "./UsersPage.module.css";
import { entriesOf, nickname, valueText } from "./words";

type User = Answer<UserJson>;

const columns: Column<User>[] = [
  {
    title: "User",
    cell: (user) => <NameCell to={path`/users/${user.userId}`} name={user.userId} about={nickname(user)} />,
  },
  { title: "Traits", cell: (user) => <Traits user={user} /> },
  { title: "First seen", width: 130, cell: (user) => <Time value={user.createTime} /> },
  { title: "Last seen", width: 130, cell: (user) => <Time value={user.seenTime} /> },
];

export function UsersPage() {
  const filter = useFilter();
  const search = filter.of("search");
  const pages = usePages<ListUsersResponseJson>("/api/users", { search });
  return (
    <Page>
      <PageHeader title="Users" about="Everybody your product has reported, most recently seen first." />
      <SearchInput
        label="Search users"
        placeholder="Id, name or e-mail"
        value={search}
        onChange={(words) => filter.set("search", words)}
      />
      <PagedTable
        label="Users"
        rows={pages.answer?.users}
        columns={columns}
        rowKey={(user) => user.userId}
        pages={pages}
        empty={
          search ? (
            <Empty title="No users match">The id, or the trait name or email, must contain what you search for.</Empty>
          ) : (
            <Empty title="No users yet" icon={<Users size={20} />}>
              They appear when the SDK identifies them, when your backend reports them, or when you add them to a list.
            </Empty>
          )
        }
      />
    </Page>
  );
}

/** A few traits, without those that the nickname shows. */
function Traits({ user }: { user: User }) {
  const traits = entriesOf(user.traits).filter(([name]) => name !== "name" && name !== "email");
  return (
    <span className={classes.traits}>
      {traits.slice(0, 3).map(([name, value]) => (
        <span key={name}>
          <span className={classes.trait}>{name}</span> {valueText(value)}
        </span>
      ))}
      {traits.length > 3 ? <span className={classes.trait}>+{traits.length - 3}</span> : null}
    </span>
  );
}
