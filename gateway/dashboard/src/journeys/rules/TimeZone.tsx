import { Select } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { Section } from "../Section";

const zones = Intl.supportedValuesOf("timeZone");

/** Edits the time zone of people who have none of their own. */
export function TimeZone() {
  const { design, change, readOnly } = useDraft();
  return (
    <Section
      title="Time zone"
      effect={
        "Waits for a time of the day use the person's own zone. " +
        `For people without one they use ${design.timeZone || "UTC"}.`
      }
    >
      <Select
        aria-label="Time zone"
        placeholder="UTC"
        searchable
        clearable
        limit={100}
        nothingFoundMessage="No such time zone"
        data={zones}
        value={design.timeZone || null}
        disabled={readOnly}
        onChange={(zone) => change({ timeZone: zone ?? "" })}
        clearButtonProps={{ "aria-label": "UTC" }}
      />
    </Section>
  );
}
