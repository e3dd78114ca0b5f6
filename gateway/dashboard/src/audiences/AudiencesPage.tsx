import { Button } from "@mantine/core";
import { Plus, Target } from "lucide-react";
import { Link } from "react-router";
import type { ListAudiencesResponseJson } from "../contract/journeys/definition/v1/definition_service_pb";
import { useAudiences } from "../rules/known";
import { ruleInWords } from "../rules/words";
import { useSignedIn } from "../session/session";
import { NameCell } from "../ui/NameCell";
import { OnItsWay } from "../ui/OnItsWay";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { SearchInput } from "../ui/SearchInput";
import { Empty } from "../ui/States";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import classes from "./AudiencesPage.module.css";
import { type Audience, audiencesPath } from "./calls";

export function AudiencesPage() {
  const { may } = useSignedIn();
  const filter = useFilter();
  const search = filter.of("search");
  const pages = usePages<ListAudiencesResponseJson>(audiencesPath, { search });
  const all = useAudiences().data;
  const nameOf = (id: string) => all?.find((each) => each.id === id)?.name ?? "another audience";

  const columns: Column<Audience>[] = [
    {
      title: "Name",
      cell: (audience) => (
        <>
          <NameCell to={`/audiences/${audience.id}`} name={audience.name} about={audience.description} />
          <OnItsWay of={audience} />
        </>
      ),
    },
    {
      title: "Who belongs to it",
      cell: (audience) => (
        <span className={classes.rule} dir="auto">
          {ruleInWords(audience.rule, nameOf)}
        </span>
      ),
    },
    { title: "Journeys", number: true, width: 90, cell: (audience) => inFull(audience.journeys) },
    { title: "Last change", width: 130, cell: (audience) => <Time value={audience.updateTime} /> },
  ];
  const create = may("EDITOR") ? (
    <Button component={Link} to="/audiences/new" leftSection={<Plus size={16} aria-hidden />}>
      Create audience
    </Button>
  ) : null;
  return (
    <Page>
      <PageHeader
        title="Audiences"
        about="Rules with a name. Journeys and other rules use them; who belongs to one is always up to date."
        actions={create}
      />
      <SearchInput
        label="Search audiences"
        placeholder="Search by name"
        value={search}
        onChange={(words) => filter.set("search", words)}
      />
      <PagedTable
        label="Audiences"
        rows={pages.answer?.audiences}
        columns={columns}
        rowKey={(audience) => audience.id}
        pages={pages}
        empty={
          search ? (
            <Empty title="No audiences match">Try fewer words.</Empty>
          ) : (
            <Empty title="No audiences yet" icon={<Target size={20} />} action={create}>
              An audience is everybody who matches a rule: on the pro plan, recently active, in Germany.
            </Empty>
          )
        }
      />
    </Page>
  );
}
