import { ActionIcon, Button, Input, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { ArrowUp, Plus, Trash2 } from "lucide-react";
import type { ExitRuleJson } from "../contract/journeys/definition/v1/journey_pb";
import { useDraft } from "../draft/draft";
import { readGraph } from "../graph/graph";
import { suggestionsOf } from "../graph/suggestions";
import { EventFilter } from "../rules/EventFilter";
import type { Suggestions } from "../rules/form";
import { RuleEditor } from "../rules/RuleEditor";
import classes from "./LeavesEarly.module.css";
import { exitInWords, freeName } from "./leaving";
import { Section } from "./Section";

const most = 20;

const beginnings = { event: { event: { eventName: "" } }, rule: {}, audience: { leftAudience: true } };

/** Edits the exit rules: who leaves the journey at any point. */
export function LeavesEarly() {
  const { design, change, readOnly } = useDraft();
  const exits = design.exits ?? [];
  const suggestions = suggestionsOf(readGraph(design.graph));
  const set = (next: ExitRuleJson[]) => change({ exits: next });
  return (
    <Section
      title="Who leaves early"
      effect={
        exits.length === 0
          ? "Nobody: people leave at an exit, or when somebody stops them."
          : `Wherever they are, and before they see anything else: ${exits.map(exitInWords).join("; ")}. ` +
            "The goal is checked first, then these rules in order."
      }
    >
      <Stack gap="md">
        {exits.map((exit, i) => (
          <Exit
            key={i}
            exit={exit}
            label={`Exit rule ${i + 1}`}
            suggestions={suggestions}
            readOnly={readOnly}
            change={(next) => set(exits.map((each, at) => (at === i ? next : each)))}
            remove={() => set(exits.filter((_, at) => at !== i))}
            {...(i > 0 ? { moveUp: () => set(exits.toSpliced(i - 1, 2, exit, exits[i - 1]!)) } : {})}
          />
        ))}
        {readOnly || exits.length >= most ? null : (
          <Button
            variant="default"
            className={classes.add!}
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => set([...exits, { name: freeName(exits), event: { eventName: "" } }])}
          >
            Add an exit rule
          </Button>
        )}
      </Stack>
    </Section>
  );
}

interface ExitProps {
  exit: ExitRuleJson;
  label: string;
  suggestions: Suggestions;
  readOnly: boolean;
  change: (exit: ExitRuleJson) => void;
  remove: () => void;
  moveUp?: () => void;
}

function Exit({ exit, label, suggestions, readOnly, change, remove, moveUp }: ExitProps) {
  const { rule, event, leftAudience, ...bare } = exit;
  return (
    <div className={classes.box} role="group" aria-label={label}>
      <div className={classes.head}>
        <TextInput
          className={classes.name!}
          label="Name"
          maxLength={64}
          value={exit.name ?? ""}
          readOnly={readOnly}
          onChange={(typed) => change({ ...exit, name: typed.currentTarget.value })}
        />
        {readOnly ? null : (
          <>
            {moveUp ? (
              <ActionIcon aria-label={`Move ${exit.name || label} up`} onClick={moveUp}>
                <ArrowUp size={15} />
              </ActionIcon>
            ) : null}
            <ActionIcon aria-label={`Remove ${exit.name || label}`} onClick={remove}>
              <Trash2 size={15} />
            </ActionIcon>
          </>
        )}
      </div>
      <SegmentedControl
        size="xs"
        aria-label="Who leaves"
        disabled={readOnly}
        data={[
          { value: "event", label: "People who do something" },
          { value: "rule", label: "People who match a rule" },
          { value: "audience", label: "People who leave the audience" },
        ]}
        value={event ? "event" : leftAudience ? "audience" : "rule"}
        onChange={(kind) => change({ ...bare, ...beginnings[kind as keyof typeof beginnings] })}
      />
      {leftAudience ? (
        <Text size="sm" c="dimmed">
          This includes people who were enrolled by name and never belonged to it: they cannot enter.
        </Text>
      ) : event ? (
        <EventFilter
          label="Event"
          filter={event}
          suggestions={suggestions}
          readOnly={readOnly}
          change={(next) => change({ ...bare, event: next })}
        />
      ) : (
        <Input.Wrapper label="Rule" labelElement="div">
          <RuleEditor
            label={`Who leaves by ${exit.name || label}`}
            scope="journey"
            value={rule}
            suggestions={suggestions}
            readOnly={readOnly}
            onChange={(next) => change(next ? { ...bare, rule: next } : bare)}
          />
        </Input.Wrapper>
      )}
      <TextInput
        label="Outcome"
        description="With an outcome, their journey is completed; without one, it is stopped"
        maxLength={64}
        value={exit.outcome ?? ""}
        readOnly={readOnly}
        onChange={(typed) => change({ ...exit, outcome: typed.currentTarget.value })}
      />
    </div>
  );
}
