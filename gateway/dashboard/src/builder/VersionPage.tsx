import { Page, PageHeader } from "../ui/PageHeader";

export function VersionPage() {
  return (
    <Page>
      <PageHeader title="Version" />
    </Page>
  );
}
