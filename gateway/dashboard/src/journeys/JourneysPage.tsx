import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Plus, Route, Search, Upload } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { ListJourneysResponseJson } from "../contract/journeys/definition/v1/definition_service_pb";
import { importJourney, type Journey, useCounts } from "../draft/calls";
import { useSignedIn } from "../session/session";
import { NameCell } from "../ui/NameCell";
import { OnItsWay } from "../ui/OnItsWay";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { Empty } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";
import { Time } from "../ui/Time";
import { attempt } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import { CreateJourney } from "./CreateJourney";
import { JourneyMenu } from "./JourneyMenu";
import classes from "./JourneysPage.module.css";

const statuses = [
  { value: "", label: "All" },
  { value: "DRAFT", label: "Draft" },
  { value: "PUBLISHED", label: "Published" },
  { value: "PAUSED", label: "Paused" },
  { value: "ARCHIVED", label: "Archived" },
];

export function JourneysPage() {
  const { may } = useSignedIn();
  const navigate = useNavigate();
  const filter = useFilter();
  const [creating, setCreating] = useState(false);
  const status = filter.of("status");
  const words = filter.of("search");
  const find = useDebouncedCallback((value: string) => filter.set("search", value), 250);

  const pages = usePages<ListJourneysResponseJson>("/api/journeys", { status: status ? [status] : [], search: words });
  const journeys = pages.answer?.journeys;
  const counts = useCounts((journeys ?? []).map((journey) => journey.id));

  const columns: Column<Journey>[] = [
    {
      title: "Name",
      cell: (journey) => (
        <NameCell to={`/journeys/${journey.id}/build`} name={journey.name} about={journey.description} />
      ),
    },
    {
      title: "Status",
      width: 190,
      cell: (journey) => (
        <span className={classes.status}>
          <StatusBadge status={journey.status} />
          <OnItsWay of={journey} />
          {journey.draftChanged && journey.version > 0 && journey.status !== "ARCHIVED" ? (
            <span className={classes.changed}>draft changed</span>
          ) : null}
        </span>
      ),
    },
    { title: "Inside", number: true, width: 90, cell: (journey) => number(counts.data?.get(journey.id)?.active) },
    {
      title: "Completed",
      number: true,
      width: 100,
      cell: (journey) => number(counts.data?.get(journey.id)?.completed),
    },
    { title: "Last change", width: 150, cell: (journey) => <Time value={journey.updateTime} /> },
    {
      title: "Actions",
      bare: true,
      width: 52,
      cell: (journey) => <JourneyMenu journey={journey} inside={counts.data?.get(journey.id)?.active ?? 0} />,
    },
  ];

  const take = async (file: File | undefined) => {
    if (!file) return;
    const journey = await attempt(
      file.text().then((text) => importJourney(parse(text))),
      "Imported as a new draft",
    );
    if (journey) void navigate(`/journeys/${journey.id}/build`);
  };

  const isFiltered = status !== "" || words !== "";
  return (
    <Page>
      <PageHeader
        title="Journeys"
        about="Guide people through experiences that span days and many sessions."
        actions={
          may("EDITOR") ? (
            <>
              <Button component="label" variant="default" leftSection={<Upload size={15} aria-hidden />}>
                Import
                <input
                  type="file"
                  accept="application/json,.json"
                  className={classes.file}
                  onChange={(event) =>
                    void take(event.currentTarget.files?.[0]).finally(() => {
                      event.target.value = "";
                    })
                  }
                />
              </Button>
              <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
                Create New Journey
              </Button>
            </>
          ) : null
        }
      />
      <div className={classes.filters}>
        <SegmentedControl
          size="xs"
          data={statuses}
          value={status}
          onChange={(value) => filter.set("status", value)}
          aria-label="Status"
        />
        <TextInput
          key={filter.cleared}
          size="xs"
          type="search"
          aria-label="Search journeys"
          placeholder="Search by name"
          leftSection={<Search size={14} aria-hidden />}
          defaultValue={words}
          onChange={(event) => find(event.currentTarget.value)}
          className={classes.search!}
        />
      </div>
      <PagedTable
        label="Journeys"
        rows={journeys}
        columns={columns}
        rowKey={(journey) => journey.id}
        pages={pages}
        empty={
          isFiltered ? (
            <Empty
              title="No journeys match"
              action={
                <Button variant="default" onClick={filter.clear}>
                  Show all
                </Button>
              }
            >
              Try another status or fewer words.
            </Empty>
          ) : (
            <Empty
              title="No journeys yet"
              icon={<Route size={20} />}
              action={may("EDITOR") ? <Button onClick={() => setCreating(true)}>Create New Journey</Button> : null}
            >
              A journey shows content, waits, checks what people did, and continues. Begin with a template or a blank
              canvas.
            </Empty>
          )
        }
      />
      <CreateJourney opened={creating} close={() => setCreating(false)} />
    </Page>
  );
}

const number = (count: number | undefined) =>
  count === undefined ? <span className={classes.none}>–</span> : inFull(count);

function parse(text: string) {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new Error("This file is not a journey: it is not JSON.");
  }
}
