import { Page, PageHeader } from "../ui/PageHeader";

export function JobsPage() {
  return (
    <Page>
      <PageHeader title="Jobs" />
    </Page>
  );
}
