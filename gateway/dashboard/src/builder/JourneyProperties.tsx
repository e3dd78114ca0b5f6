import { Button, Stack, Text, Textarea } from "@mantine/core";
import { AlignStartVertical } from "lucide-react";
import { Link } from "react-router";
import { useCounts } from "../journeys/calls";
import { useDraft } from "../journeys/draft";
import { useAudiences } from "../rules/known";
import { ruleInWords } from "../rules/words";
import { Time } from "../ui/Time";
import { inFull } from "../ui/times";
import classes from "./Properties.module.css";

/** Shown while no single node is selected: what the journey is, and who comes in. */
export function JourneyProperties({ selected, align }: { selected: number; align: () => void }) {
  const { journey, design, change } = useDraft();
  const counts = useCounts([journey.id]).data?.get(journey.id);
  const audiences = useAudiences();
  const audience = audiences.data?.find((each) => each.id === design.audienceId);
  if (selected > 1)
    return (
      <section className={classes.panel}>
        <h2 className={classes.title}>{selected} nodes</h2>
        <Text size="sm" c="dimmed">Move, copy, cut, duplicate or delete them together.</Text>
        <Button variant="default" leftSection={<AlignStartVertical size={15} aria-hidden />} onClick={align}>Put them in one row</Button>
      </section>
    );
  return (
    <section className={classes.panel} aria-label="Journey">
      <h2 className={classes.title}>Journey</h2>
      <Stack gap="md">
        <Textarea label="Description" autosize minRows={2} maxLength={4096} value={design.description ?? ""} onChange={(event) => change({ description: event.currentTarget.value })} />
        <dl className={classes.facts}>
          <dt>Audience</dt><dd>{design.audienceId ? (audience?.name ?? "…") : "everybody"}{design.autoEnroll ? ", enrolled by themselves" : ""}</dd>
          <dt>Goal</dt><dd>{design.goal?.rule ? ruleInWords(design.goal.rule) : "none"}</dd>
          <dt>Version</dt><dd>{journey.version === 0 ? "never published" : <>{journey.version}, <Time value={journey.publishTime} /></>}</dd>
          <dt>Inside</dt><dd>{counts ? inFull(counts.active) : "–"}</dd>
          <dt>Completed</dt><dd>{counts ? inFull(counts.completed) : "–"}</dd>
        </dl>
        <Button variant="default" size="compact-md" component={Link} to={`/journeys/${journey.id}/enrollment`}>Change the enrollment rules</Button>
        <Text size="sm" c="dimmed">Drag nodes from the left onto the canvas or onto an edge. Drag from the small circles to say what comes next; let go on the empty canvas to add it there.</Text>
      </Stack>
    </section>
  );
}
