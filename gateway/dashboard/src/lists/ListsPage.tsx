import { Page, PageHeader } from "../ui/PageHeader";

export function ListsPage() {
  return (
    <Page>
      <PageHeader title="User lists" />
    </Page>
  );
}
