import { Page, PageHeader } from "../ui/PageHeader";

export function BuilderPage() {
  return (
    <Page>
      <PageHeader title="Builder" />
    </Page>
  );
}
