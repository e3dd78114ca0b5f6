import { Textarea } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { Section } from "../Section";

/** Edits the description, which only the team sees. */
export function About() {
  const { design, change, readOnly } = useDraft();
  return (
    <Section title="About" effect="Only your team sees this.">
      <Textarea
        aria-label="Description"
        placeholder="What is this journey for?"
        autosize
        minRows={2}
        maxLength={4096}
        value={design.description ?? ""}
        readOnly={readOnly}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
    </Section>
  );
}
