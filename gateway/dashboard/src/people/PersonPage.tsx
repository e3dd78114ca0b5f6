import { Page, PageHeader } from "../ui/PageHeader";

export function PersonPage() {
  return (
    <Page>
      <PageHeader title="Person" />
    </Page>
  );
}
