import { ActionIcon, Autocomplete, Button, Checkbox, NativeSelect, NumberInput, Select } from "@mantine/core";
import { Trash2 } from "lucide-react";
import type { Rule_ContentJson, Rule_EventJson, RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { DurationInput } from "../ui/DurationInput";
import { ConditionEditor } from "./ConditionEditor";
import { useAudiences } from "./known";
import { type EditorContext, GroupBody } from "./RuleEditor";
import classes from "./RuleEditor.module.css";
import { blank, partOf, ruleOf } from "./shapes";

interface PartEditorProps {
  rule: RuleJson;
  /** Called with nothing when the part is removed. */
  onChange: (rule: RuleJson | undefined) => void;
  depth: number;
  context: EditorContext;
}

/** One part of a rule, with the form of its kind. */
export function PartEditor({ rule, onChange, depth, context }: PartEditorProps) {
  const { negated, rule: inner } = partOf(rule);
  const change = (next: RuleJson, nextNegated = negated) => onChange(ruleOf({ negated: nextNegated, rule: next }));
  const form = { negated, change, context };
  return (
    <div className={classes.part}>
      <div className={classes.fields}>
        {inner.group ? <GroupForm {...form} rule={inner} depth={depth} /> : null}
        {inner.condition ? <ConditionEditor {...form} condition={inner.condition} /> : null}
        {inner.event ? <EventForm {...form} event={inner.event} depth={depth} /> : null}
        {inner.content ? <ContentForm {...form} content={inner.content} /> : null}
        {inner.audience ? <AudienceForm {...form} audienceId={inner.audience.audienceId ?? ""} /> : null}
      </div>
      {context.readOnly ? null : (
        <ActionIcon aria-label="Remove this rule" size="md" mt={3} onClick={() => onChange(undefined)}>
          <Trash2 size={15} />
        </ActionIcon>
      )}
    </div>
  );
}

/** What the form of every kind gets. */
export interface FormProps {
  negated: boolean;
  change: (rule: RuleJson, negated?: boolean) => void;
  context: EditorContext;
}

const groupWords = [
  { value: "AND", label: "All of these hold" },
  { value: "OR", label: "Any of these holds" },
  { value: "NOT OR", label: "None of these holds" },
  { value: "NOT AND", label: "Not all of these hold" },
];

function GroupForm({ rule, negated, change, depth, context }: FormProps & { rule: RuleJson; depth: number }) {
  const group = rule.group!;
  return (
    <>
      <NativeSelect
        aria-label="How the group is joined"
        className={classes.whole!}
        data={groupWords}
        disabled={context.readOnly}
        value={`${negated ? "NOT " : ""}${group.operator === "OR" ? "OR" : "AND"}`}
        onChange={({ currentTarget: { value } }) =>
          change({ group: { ...group, operator: value.endsWith("OR") ? "OR" : "AND" } }, value.startsWith("NOT"))
        }
      />
      <div className={`${classes.whole} ${classes.nested}`}>
        <GroupBody group={group} depth={depth + 1} context={context} onChange={(next) => change({ group: next })} />
      </div>
    </>
  );
}

function EventForm({ event, negated, change, depth, context }: FormProps & { event: Rule_EventJson; depth: number }) {
  const set = (part: Partial<Rule_EventJson>) => change({ event: { ...event, ...part } });
  const { readOnly } = context;
  const without = (key: "within" | "where") => {
    const { [key]: _, ...rest } = event;
    change({ event: rest });
  };
  return (
    <>
      <NativeSelect
        aria-label="Did or did not"
        data={[
          { value: "", label: "did" },
          { value: "not", label: "did not do" },
        ]}
        value={negated ? "not" : ""}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => change({ event }, value === "not")}
      />
      <Autocomplete
        aria-label="Event"
        placeholder="event name"
        data={[...(context.suggestions.events ?? [])]}
        value={event.name ?? ""}
        maxLength={128}
        disabled={readOnly}
        onChange={(name) => set({ name })}
      />
      <span className={classes.word}>at least</span>
      <NumberInput
        aria-label="How often at least"
        className={classes.few!}
        value={event.atLeast ?? 1}
        min={1}
        max={1000}
        allowDecimal={false}
        disabled={readOnly}
        onChange={(value) => set({ atLeast: Number(value) || 1 })}
      />
      <span className={classes.word}>{event.atLeast === 1 ? "time" : "times"}</span>
      <Checkbox
        className={classes.whole!}
        size="xs"
        label="only lately"
        checked={event.within !== undefined}
        disabled={readOnly}
        onChange={({ currentTarget: { checked } }) => (checked ? set({ within: "604800s" }) : without("within"))}
      />
      {event.within === undefined ? null : (
        <div className={classes.whole}>
          <DurationInput
            bare
            label="Within the last"
            value={event.within}
            disabled={readOnly}
            onChange={(within) => set({ within })}
          />
        </div>
      )}
      {event.where ? (
        <div className={`${classes.whole} ${classes.nested}`}>
          <WhereEditor
            where={event.where}
            depth={depth}
            context={context}
            onChange={(where) => (where ? set({ where }) : without("where"))}
          />
        </div>
      ) : readOnly ? null : (
        <div className={classes.whole}>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => set({ where: blank("condition", "event") })}
          >
            + only with certain properties
          </Button>
        </div>
      )}
    </>
  );
}

/** The filter of an event: a rule about its properties alone. */
function WhereEditor({
  where,
  onChange,
  depth,
  context,
}: {
  where: RuleJson;
  onChange: (where: RuleJson | undefined) => void;
  depth: number;
  context: EditorContext;
}) {
  const inside: EditorContext = { ...context, scope: "event" };
  const group = where.group ?? { operator: "AND" as const, rules: [where] };
  return (
    <GroupBody
      group={group}
      depth={depth + 1}
      context={inside}
      onChange={(next) =>
        onChange(
          (next.rules ?? []).length === 0
            ? undefined
            : (next.rules ?? []).length === 1 && next.operator !== "OR"
              ? next.rules![0]
              : { group: next },
        )
      }
    />
  );
}

const outcomes = [
  { value: "OUTCOME_UNSPECIFIED", label: "finished" },
  { value: "COMPLETED", label: "completed" },
  { value: "DISMISSED", label: "dismissed" },
  { value: "SKIPPED", label: "skipped" },
];

function ContentForm({ content, negated, change, context }: FormProps & { content: Rule_ContentJson }) {
  return (
    <>
      <NativeSelect
        aria-label="Has or has not"
        data={[
          { value: "", label: "has" },
          { value: "not", label: "has not" },
        ]}
        value={negated ? "not" : ""}
        disabled={context.readOnly}
        onChange={({ currentTarget: { value } }) => change({ content }, value === "not")}
      />
      <NativeSelect
        aria-label="Outcome"
        data={outcomes}
        value={content.outcome ?? "OUTCOME_UNSPECIFIED"}
        disabled={context.readOnly}
        onChange={({ currentTarget: { value } }) =>
          change({ content: { ...content, outcome: value as NonNullable<Rule_ContentJson["outcome"]> } })
        }
      />
      <Autocomplete
        aria-label="Content"
        placeholder="content id"
        data={[...(context.suggestions.contents ?? [])]}
        value={content.contentId ?? ""}
        maxLength={128}
        disabled={context.readOnly}
        onChange={(contentId) => change({ content: { ...content, contentId } })}
      />
    </>
  );
}

function AudienceForm({ audienceId, negated, change, context }: FormProps & { audienceId: string }) {
  const audiences = useAudiences();
  return (
    <>
      <NativeSelect
        aria-label="Is or is not"
        data={[
          { value: "", label: "is in" },
          { value: "not", label: "is not in" },
        ]}
        value={negated ? "not" : ""}
        disabled={context.readOnly}
        onChange={({ currentTarget: { value } }) => change({ audience: { audienceId } }, value === "not")}
      />
      <Select
        aria-label="Audience"
        placeholder="choose an audience"
        searchable
        nothingFoundMessage="No audience of that name"
        disabled={context.readOnly}
        data={(audiences.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={audienceId || null}
        onChange={(value) => change({ audience: { audienceId: value ?? "" } })}
      />
    </>
  );
}
