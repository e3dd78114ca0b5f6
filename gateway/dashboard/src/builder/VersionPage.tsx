import { Alert, Button, Group } from "@mantine/core";
import { Lock } from "lucide-react";
import { Link, useNavigate, useParams } from "react-router";
import { useVersion } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { readGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { useConfirm } from "../ui/Confirm";
import { Failed, Loading } from "../ui/States";
import { saveFile } from "../ui/saveFile";
import { Time } from "../ui/Time";
import classes from "./Builder.module.css";
import { ReadOnlyBuilder } from "./ReadOnlyBuilder";

/** A published version, as people walk it. It never changes. */
export function VersionPage() {
  const { journey, change, autosave, readOnly } = useDraft();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const version = Number(useParams().version);
  const read = useVersion(journey.id, version);
  if (read.error) return <Failed error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <Loading />;
  const { design, publishTime } = read.data;
  const takeBack = () =>
    confirm({
      title: `Make version ${version} the draft?`,
      body: "This version replaces the draft, including its settings; the present draft is lost. People inside are not affected until you publish.",
      confirm: "Make it the draft",
      run: async () => {
        // What the version has not is cleared, not kept.
        change({ goal: {}, reEnrollmentCooldown: "0s", graph: {}, ...design });
        await autosave.flush();
        await navigate(`/journeys/${journey.id}/build`);
      },
    });
  return (
    <div className={classes.column}>
      <Alert color="gray" radius={0} py={8} icon={<Lock size={16} aria-hidden />}>
        <Group justify="space-between" gap="xs">
          <span>
            Version {version} of {journey.version}, published <Time value={publishTime} />. Versions cannot be changed.
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
              <Button size="compact-sm" variant="default" onClick={takeBack}>
                Make it the draft
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
