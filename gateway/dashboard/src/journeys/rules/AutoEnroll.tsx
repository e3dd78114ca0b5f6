import { Switch } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { inFull } from "../../ui/times";
import { Section } from "../Section";
import { useDraftAudience } from "../useDraftAudience";

/** Edits whether people enter by matching the audience alone. */
export function AutoEnroll() {
  const { design, change, readOnly } = useDraft();
  const { audience, match } = useDraftAudience();
  const count = match.data
    ? `about ${inFull(match.data.count)} ${match.data.count === 1 ? "person matches" : "people match"} now`
    : "those who match now";
  return (
    <Section
      title="Auto-enroll"
      effect={
        design.autoEnroll
          ? audience
            ? `When you publish, everybody in ${audience.name} is enrolled automatically (${count}), ` +
              "and later everybody who starts to match."
            : "Choose an audience: without one there is nobody to enroll."
          : "Nobody is enrolled by matching alone: people enter by a trigger, or when somebody enrolls them."
      }
    >
      <Switch
        label="Enroll everybody who matches the audience"
        checked={design.autoEnroll ?? false}
        disabled={readOnly}
        onChange={(event) => change({ autoEnroll: event.currentTarget.checked })}
      />
    </Section>
  );
}
