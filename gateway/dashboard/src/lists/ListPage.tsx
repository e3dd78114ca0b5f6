import { Page, PageHeader } from "../ui/PageHeader";

export function ListPage() {
  return (
    <Page>
      <PageHeader title="User list" />
    </Page>
  );
}
