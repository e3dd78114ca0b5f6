import { Page, PageHeader } from "../ui/PageHeader";

export function AudiencesPage() {
  return (
    <Page>
      <PageHeader title="Audiences" />
    </Page>
  );
}
