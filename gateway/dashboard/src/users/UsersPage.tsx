import { Page, PageHeader } from "../ui/PageHeader";

export function UsersPage() {
  return (
    <Page>
      <PageHeader title="Users" />
    </Page>
  );
}
