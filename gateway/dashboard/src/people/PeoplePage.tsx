import { Page, PageHeader } from "../ui/PageHeader";

export function PeoplePage() {
  return (
    <Page>
      <PageHeader title="People" />
    </Page>
  );
}
