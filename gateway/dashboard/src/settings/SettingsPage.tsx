import { Page, PageHeader } from "../ui/PageHeader";

export function SettingsPage() {
  return (
    <Page>
      <PageHeader title="Settings" />
    </Page>
  );
}
