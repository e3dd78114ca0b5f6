import { Page, PageHeader } from "../ui/PageHeader";

export function UserPage() {
  return (
    <Page>
      <PageHeader title="User" />
    </Page>
  );
}
