import { Page, PageHeader } from "../ui/PageHeader";

export function AudiencePage() {
  return (
    <Page>
      <PageHeader title="Audience" />
    </Page>
  );
}
