import { Page, PageHeader } from "../ui/PageHeader";

export function JourneysPage() {
  return (
    <Page>
      <PageHeader title="Journeys" />
    </Page>
  );
}
