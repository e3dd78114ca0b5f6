import { Tabs } from "@mantine/core";
import { useNavigate, useParams } from "react-router";
import { AuditLog } from "../audit/AuditLog";
import { useSignedIn } from "../session/session";
import { Page, PageHeader } from "../ui/PageHeader";
import { Empty } from "../ui/States";
import { Install } from "./Install";
import { Keys } from "./Keys";
import { Members } from "./Members";
import { SiteSettings } from "./SiteSettings";

const tabs = [
  { value: "install", label: "Install" },
  { value: "keys", label: "Keys" },
  { value: "site", label: "Site" },
  { value: "members", label: "Members" },
  { value: "audit", label: "Audit log" },
];

export function SettingsPage() {
  const { tab = "install" } = useParams();
  const { site, may } = useSignedIn();
  const navigate = useNavigate();
  const needsAdmin = (
    <Empty title="Only for admins">Ask an admin of {site.name} for help, or to make you an admin.</Empty>
  );
  return (
    <Page>
      <PageHeader title="Settings" about={`Settings of the site ${site.name}.`} />
      <Tabs value={tab} onChange={(value) => void navigate(`/settings/${value}`)} keepMounted={false}>
        <Tabs.List mb="lg">
          {tabs.map(({ value, label }) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="install">
          <Install siteId={site.id} />
        </Tabs.Panel>
        <Tabs.Panel value="keys">{may("ADMIN") ? <Keys siteId={site.id} /> : needsAdmin}</Tabs.Panel>
        <Tabs.Panel value="site">
          <SiteSettings siteId={site.id} />
        </Tabs.Panel>
        <Tabs.Panel value="members">
          <Members siteId={site.id} />
        </Tabs.Panel>
        <Tabs.Panel value="audit">{may("ADMIN") ? <AuditLog key={site.id} siteId={site.id} /> : needsAdmin}</Tabs.Panel>
      </Tabs>
    </Page>
  );
}
