import { Button, Menu, ScrollArea } from "@mantine/core";
import { Check, ChevronDown, History, PencilLine } from "lucide-react";
import { Link, useMatch } from "react-router";
import { useVersions } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { Time } from "../ui/Time";

/** Links to the draft and to every published version. */
export function VersionMenu() {
  const { journey } = useDraft();
  const shown = useMatch("/journeys/:journeyId/versions/:version")?.params.version;
  const versions = useVersions(journey.id);
  if (journey.version === 0) return null;
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button variant="default" size="xs" rightSection={<ChevronDown size={14} aria-hidden />}>
          {shown ? `Version ${shown}` : "Draft"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          component={Link}
          to={`/journeys/${journey.id}/build`}
          leftSection={<PencilLine size={14} aria-hidden />}
          rightSection={shown ? null : <Check size={14} aria-label="shown" />}
        >
          Draft{journey.draftChanged ? ", changed" : ""}
        </Menu.Item>
        <Menu.Item
          component={Link}
          to={`/journeys/${journey.id}/versions`}
          leftSection={<History size={14} aria-hidden />}
        >
          All versions
        </Menu.Item>
        <Menu.Divider />
        <ScrollArea.Autosize mah={320}>
          {versions.data?.map(({ version, publishTime }) => (
            <Menu.Item
              key={version}
              component={Link}
              to={`/journeys/${journey.id}/versions/${version}`}
              rightSection={String(version) === shown ? <Check size={14} aria-label="shown" /> : null}
            >
              Version {version}
              {version === journey.version ? " (newest)" : ""}, <Time value={publishTime} />
            </Menu.Item>
          ))}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
}
