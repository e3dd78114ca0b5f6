import { Alert, Button, Group } from "@mantine/core";
import { Lock } from "lucide-react";
import { Link, useParams } from "react-router";
import { useVersion } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { useMakeDraft } from "../draft/useMakeDraft";
import { readGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { Failed, Loading } from "../ui/States";
import { saveFile } from "../ui/saveFile";
import { Time } from "../ui/Time";
import classes from "./Builder.module.css";
import { ReadOnlyBuilder } from "./ReadOnlyBuilder";

/** A published version, read-only because it never changes. */
export function VersionPage() {
  const { journey, readOnly } = useDraft();
  const makeDraft = useMakeDraft();
  const version = Number(useParams().version);
  const read = useVersion(journey.id, version);
  if (read.error) return <Failed error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <Loading />;
  const { design, note, publishTime } = read.data;
  return (
    <div className={classes.column}>
      <Alert color="gray" radius={0} py={8} icon={<Lock size={16} aria-hidden />}>
        <Group justify="space-between" gap="xs">
          <span>
            Version {version} of {journey.version}, published <Time value={publishTime} />. Versions cannot be changed.
            {note ? ` “${note}”` : ""}
          </span>
          <Group gap="xs">
            <Button
              size="compact-sm"
              variant="default"
              onClick={() =>
                saveFile(`${journey.name} version ${version}.json`, JSON.stringify(design, null, 2), "application/json")
              }
            >
              Save as a file
            </Button>
            {readOnly ? null : (
              <Button size="compact-sm" variant="default" onClick={() => makeDraft(version, async () => design ?? {})}>
                Use as draft
              </Button>
            )}
            <Button size="compact-sm" variant="default" component={Link} to={`/journeys/${journey.id}/build`}>
              Go to the draft
            </Button>
          </Group>
        </Group>
      </Alert>
      <ReadOnlyBuilder label={`Version ${version} of ${journey.name}`} graph={placed(readGraph(design?.graph))} />
    </div>
  );
}
