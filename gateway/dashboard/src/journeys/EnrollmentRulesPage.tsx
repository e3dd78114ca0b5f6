import { Page, PageHeader } from "../ui/PageHeader";

export function EnrollmentRulesPage() {
  return (
    <Page>
      <PageHeader title="Enrollment rules" />
    </Page>
  );
}
