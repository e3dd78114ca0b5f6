import { ActionIcon, Anchor, Text, Tooltip } from "@mantine/core";
import { History, Undo2 } from "lucide-react";
import { Link } from "react-router";
import type { ListVersionsResponseJson } from "../contract/journeys/definition/v1/definition_service_pb";
import { readVersion, type Version, versionsPath } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { useMakeDraft } from "../draft/useMakeDraft";
import { useMemberName } from "../settings/useMemberName";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PartHeader } from "../ui/PageHeader";
import { Empty } from "../ui/States";
import { Time } from "../ui/Time";
import { usePages } from "../ui/usePages";
import classes from "./VersionsPage.module.css";

/** Lists every published version, with its publisher, time and note. */
export function VersionsPage() {
  const { journey, readOnly } = useDraft();
  const publisherOf = useMemberName();
  const makeDraft = useMakeDraft();
  const pages = usePages<ListVersionsResponseJson>(versionsPath(journey.id), {}, { refetchInterval: 5_000 });
  const columns: Column<Version>[] = [
    {
      title: "Version",
      width: 140,
      cell: ({ version }) => (
        <Anchor component={Link} to={`/journeys/${journey.id}/versions/${version}`}>
          Version {version}
          {version === journey.version ? " (newest)" : ""}
        </Anchor>
      ),
    },
    { title: "Note", cell: ({ note }) => <Text className={classes.note!}>{note}</Text> },
    { title: "Published by", width: 200, cell: ({ publisher }) => publisherOf(publisher) },
    { title: "Published", width: 130, cell: ({ publishTime }) => <Time value={publishTime} /> },
    { title: "Nodes", number: true, width: 80, cell: ({ counts }) => counts?.nodes },
    {
      title: "Actions",
      bare: true,
      width: 48,
      cell: ({ version }) =>
        readOnly ? null : (
          <Tooltip label="Use as draft">
            <ActionIcon
              aria-label={`Use version ${version} as the draft`}
              onClick={() => makeDraft(version, async () => (await readVersion(journey.id, version)).design ?? {})}
            >
              <Undo2 size={16} />
            </ActionIcon>
          </Tooltip>
        ),
    },
  ];
  return (
    <Page wide>
      <PartHeader
        title="Versions"
        about="Every published version. People stay on the version they entered; new people enter the newest."
      />
      <PagedTable
        label="Versions"
        pages={pages}
        rows={pages.answer?.versions}
        columns={columns}
        rowKey={({ version }) => String(version)}
        empty={<Empty icon={<History size={20} />} title="Nothing is published yet" />}
      />
    </Page>
  );
}
