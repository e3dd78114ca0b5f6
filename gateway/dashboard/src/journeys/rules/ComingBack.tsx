import { Radio, Stack } from "@mantine/core";
import type { JourneyJson } from "../../contract/journeys/definition/v1/journey_pb";
import { useDraft } from "../../draft/draft";
import { DurationInput } from "../../ui/DurationInput";
import { inWords, secondsOf } from "../../ui/times";
import { Section } from "../Section";
import classes from "./rules.module.css";

const returns = [
  {
    value: "NEVER",
    label: "Never",
    effect: "Only once. People who have been in this journey cannot enter again, however it ended.",
  },
  {
    value: "AFTER_EARLY_EXIT",
    label: "After leaving early",
    effect:
      "People who were stopped or opted out can enter again, as a new attempt. " +
      "People who completed the journey cannot.",
  },
  {
    value: "ALWAYS",
    label: "Always",
    effect: "Everybody whose attempt has ended can enter again, even after completing the journey.",
  },
] as const;

/** Edits whether and when people can enter again. */
export function ComingBack() {
  const { design, change, readOnly } = useDraft();
  const value = returns.find((each) => each.value === design.reEnrollment) ?? returns[0];
  const cooldown = secondsOf(design.reEnrollmentCooldown);
  const mayReturn = value.value !== "NEVER";
  return (
    <Section
      title="Coming back"
      effect={
        value.effect +
        (mayReturn && cooldown > 0 ? ` Not before ${inWords(cooldown)} have passed since the attempt ended.` : "")
      }
    >
      <Radio.Group
        aria-label="Whether people can enter again"
        value={value.value}
        onChange={(next) => change({ reEnrollment: next as NonNullable<JourneyJson["reEnrollment"]> })}
      >
        <Stack gap={8}>
          {returns.map((each) => (
            <Radio key={each.value} value={each.value} label={each.label} disabled={readOnly} />
          ))}
        </Stack>
      </Radio.Group>
      {mayReturn ? (
        <div className={classes.below}>
          <DurationInput
            label="Cool-down"
            description="The minimum time between the end of one attempt and the next; 0 for none"
            value={design.reEnrollmentCooldown ?? "0s"}
            disabled={readOnly}
            onChange={(next) => change({ reEnrollmentCooldown: next })}
          />
        </div>
      ) : null}
    </Section>
  );
}
