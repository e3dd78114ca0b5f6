import { Alert, Button, Checkbox, Group, Radio, Select, Stack, Switch, Text, Textarea } from "@mantine/core";
import { ExternalLink, Plus } from "lucide-react";
import { Link } from "react-router";
import type { GoalJson, JourneyJson } from "../contract/journeys/definition/v1/journey_pb";
import { useProblems } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { problemWords } from "../draft/problemWords";
import { readGraph } from "../graph/graph";
import { suggestionsOf } from "../graph/suggestions";
import { MatchCount } from "../rules/MatchCount";
import { RuleEditor } from "../rules/RuleEditor";
import { ruleInWords } from "../rules/words";
import { DurationInput } from "../ui/DurationInput";
import { Page } from "../ui/PageHeader";
import { inFull, inWords, secondsOf } from "../ui/times";
import classes from "./EnrollmentRulesPage.module.css";
import { JourneyKey } from "./JourneyKey";
import { LeavesEarly } from "./LeavesEarly";
import { Section } from "./Section";
import { useDraftAudience } from "./useDraftAudience";

/** Edits who enters a journey and how, how often, the goal, and who leaves early. Each setting explains its effect. */
export function EnrollmentRulesPage() {
  const { journey, autosave, readOnly } = useDraft();
  const problems = useProblems(journey.id, autosave.revision);
  const faults = (problems.data ?? []).filter(
    (problem) => !problem.nodeId && !problem.edgeId && !problem.field.startsWith("graph"),
  );
  return (
    <Page>
      <div className={classes.page}>
        <header>
          <h2 className={classes.title}>Enrollment rules</h2>
          <Text size="sm" c="dimmed">
            They are part of the draft: what you change here takes effect when you publish.
            {readOnly ? " You can view them, but not change them." : ""}
          </Text>
        </header>
        {faults.length > 0 ? (
          <Alert color="red" title="This keeps the journey from being published">
            {faults.map((each) => (
              <div key={each.code + each.field}>{problemWords(each)}</div>
            ))}
          </Alert>
        ) : null}
        <About />
        <Audience />
        <AutoEnroll />
        <Anonymous />
        <Again />
        <Goal />
        <LeavesEarly />
        <TimeZone />
        <JourneyKey />
      </div>
    </Page>
  );
}

function About() {
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

function Audience() {
  const { design, change, readOnly } = useDraft();
  const { audiences, audience } = useDraftAudience();
  return (
    <Section
      title="Audience"
      effect={
        design.audienceId
          ? "People who match it when a trigger fires can enter. People inside stay, even when they no longer match. " +
            "It does not apply to people enrolled by name."
          : "Everybody who fires a trigger can enter."
      }
    >
      <Group gap="xs" align="flex-end">
        <Select
          className={classes.grow!}
          aria-label="Audience"
          placeholder="Everybody"
          clearable
          searchable
          nothingFoundMessage="No audience of that name"
          disabled={readOnly}
          data={(audiences.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={design.audienceId || null}
          onChange={(id) => change({ audienceId: id ?? "" })}
          clearButtonProps={{ "aria-label": "Everybody" }}
        />
        {audience ? (
          <Button
            variant="default"
            component={Link}
            to={`/audiences/${audience.id}`}
            rightSection={<ExternalLink size={14} aria-hidden />}
          >
            Open
          </Button>
        ) : (
          <Button variant="default" component={Link} to="/audiences" leftSection={<Plus size={14} aria-hidden />}>
            New audience
          </Button>
        )}
      </Group>
      {audience ? (
        <Text size="sm" c="dimmed" mt={8}>
          {ruleInWords(audience.rule)}
        </Text>
      ) : null}
      {audience ? <MatchCount rule={audience.rule} /> : null}
    </Section>
  );
}

function AutoEnroll() {
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

function Anonymous() {
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

function Again() {
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

function Goal() {
  const { design, change, readOnly } = useDraft();
  const goal: GoalJson | undefined = design.goal?.rule ? design.goal : undefined;
  const set = (part: Partial<GoalJson>) => change({ goal: { ...goal, ...part } });
  const { deadline, ...endless } = goal ?? {};
  const effect = goal
    ? [
        `Reached by everybody who ${ruleInWords(goal.rule)}`,
        deadline ? `, at most ${inWords(deadline)} after entering. ` : ". ",
        goal.exitOnGoal
          ? "That ends the journey with the outcome goal."
          : "They continue; analytics counts it, and goal checks lead to success.",
      ].join("")
    : "Without one, analytics shows no conversion, and goal checks need a rule of their own.";
  return (
    <Section title="Goal" effect={effect}>
      <RuleEditor
        label="Goal"
        scope="journey"
        value={goal?.rule}
        suggestions={suggestionsOf(readGraph(design.graph))}
        readOnly={readOnly}
        onChange={(rule) => change({ goal: rule ? { ...goal, rule } : {} })}
      />
      {goal ? (
        <Stack gap="sm" className={classes.below!}>
          <MatchCount rule={goal.rule} />
          <Checkbox
            label="Only for a time after entering"
            checked={deadline !== undefined}
            disabled={readOnly}
            onChange={(event) =>
              change({ goal: event.currentTarget.checked ? { ...goal, deadline: "1209600s" } : endless })
            }
          />
          {deadline === undefined ? null : (
            <DurationInput
              label="It counts for"
              value={deadline}
              disabled={readOnly}
              onChange={(next) => set({ deadline: next })}
            />
          )}
          <Switch
            label="Reaching it ends the journey"
            checked={goal.exitOnGoal ?? false}
            disabled={readOnly}
            onChange={(event) => set({ exitOnGoal: event.currentTarget.checked })}
          />
        </Stack>
      ) : null}
    </Section>
  );
}

const zones = Intl.supportedValuesOf("timeZone");

function TimeZone() {
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
