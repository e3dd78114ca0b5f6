import { Button } from "@mantine/core";
import { useSignedIn } from "../session/session";
import { useConfirm } from "../ui/Confirm";
import { type Column, DataTable } from "../ui/PagedTable";
import { Panel } from "../ui/Panel";
import { toast } from "../ui/Toasts";
import { leaveSite } from "./calls";
import { roleInWords } from "./roles";

interface Row {
  id: string;
  name: string;
  role: string;
}

/** The sites of the person, with a way to leave them. */
export function Sites() {
  const { session } = useSignedIn();
  const leave = useLeave();
  const rows: Row[] = session.memberships.flatMap((each) =>
    each.site ? [{ id: each.site.id, name: each.site.name, role: each.role as string }] : [],
  );
  const columns: Column<Row>[] = [
    { title: "Site", cell: (row) => row.name },
    { title: "Role", width: 140, cell: (row) => roleInWords(row.role) },
    {
      title: "Actions",
      bare: true,
      width: 110,
      cell: (row) => (
        <Button size="compact-xs" variant="default" aria-label={`Leave ${row.name}`} onClick={() => leave(row)}>
          Leave
        </Button>
      ),
    },
  ];
  return (
    <Panel title="Sites" about="Only an admin can invite you again to a site that you left." flush>
      <DataTable label="Your sites" rows={rows} columns={columns} rowKey={(row) => row.id} />
    </Panel>
  );
}

function useLeave() {
  const confirm = useConfirm();
  return (row: Row) =>
    confirm({
      title: `Leave ${row.name}?`,
      body: (
        <>
          You lose access to <b>{row.name}</b> immediately, in every browser. What you made there stays. To come back
          you need a new invitation.
        </>
      ),
      confirm: "Leave site",
      dangerous: true,
      run: async () => {
        await leaveSite(row.id);
        toast(`You left ${row.name}`);
      },
    });
}
