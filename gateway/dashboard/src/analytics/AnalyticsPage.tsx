import { Page, PageHeader } from "../ui/PageHeader";

export function AnalyticsPage() {
  return (
    <Page>
      <PageHeader title="Analytics" />
    </Page>
  );
}
