import { Switch } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { Section } from "../Section";

/** Edits whether visitors who are not identified can enter. */
export function Anonymous() {
  const { design, change, readOnly } = useDraft();
  return (
    <Section
      title="Anonymous visitors"
      effect={
        design.allowAnonymous
          ? "Visitors who have not signed in can enter. " +
            "When they sign in, they keep their place, their timers and their history."
          : "Only people with a user id can enter; triggers do nothing for visitors."
      }
    >
      <Switch
        label="Allow visitors who are not identified"
        checked={design.allowAnonymous ?? false}
        disabled={readOnly}
        onChange={(event) => change({ allowAnonymous: event.currentTarget.checked })}
      />
    </Section>
  );
}
