import { ActionIcon, NativeSelect } from "@mantine/core";
import { Trash2 } from "lucide-react";
import type { Rule_GroupJson, RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { AddPart } from "./AddPart";
import { AudienceForm } from "./AudienceForm";
import { ConditionForm } from "./ConditionForm";
import { ContentForm } from "./ContentForm";
import { EventForm } from "./EventForm";
import type { EditorContext, FormProps } from "./form";
import classes from "./RuleEditor.module.css";
import { partOf, ruleOf } from "./shapes";

interface GroupBodyProps {
  group: Rule_GroupJson;
  onChange: (group: Rule_GroupJson) => void;
  depth: number;
  context: EditorContext;
}

/** Edits the parts of a group and the operator that joins them. */
export function GroupBody({ group, onChange, depth, context }: GroupBodyProps) {
  const rules = group.rules ?? [];
  const operator = group.operator === "OR" ? "OR" : "AND";
  const put = (i: number, rule: RuleJson | undefined) =>
    onChange({
      ...group,
      operator,
      rules: rule ? rules.map((each, at) => (at === i ? rule : each)) : rules.filter((_, at) => at !== i),
    });
  return (
    <div className={classes.group}>
      {rules.map((rule, i) => (
        // Keyed by position, because a part has no id and no state.
        <div key={i} className={classes.row}>
          {i > 0 ? (
            <button
              type="button"
              className={classes.joiner}
              disabled={context.readOnly}
              onClick={() => onChange({ ...group, operator: operator === "AND" ? "OR" : "AND" })}
              title={
                operator === "AND" ? "All must match; press to change to any" : "Any can match; press to change to all"
              }
            >
              {operator === "AND" ? "and" : "or"}
            </button>
          ) : null}
          <PartEditor rule={rule} onChange={(next) => put(i, next)} depth={depth} context={context} />
        </div>
      ))}
      {context.readOnly ? null : (
        <AddPart
          isFirst={rules.length === 0}
          depth={depth}
          context={context}
          add={(rule) => onChange({ ...group, operator, rules: [...rules, rule] })}
        />
      )}
    </div>
  );
}

interface PartEditorProps {
  rule: RuleJson;
  /** Called with undefined when the part is removed. */
  onChange: (rule: RuleJson | undefined) => void;
  depth: number;
  context: EditorContext;
}

/** Edits one part of a rule, with the form of its kind. */
function PartEditor({ rule, onChange, depth, context }: PartEditorProps) {
  const { negated, rule: inner } = partOf(rule);
  const change = (next: RuleJson, nextNegated = negated) => onChange(ruleOf({ negated: nextNegated, rule: next }));
  const form = { negated, change, context };
  return (
    <div className={classes.part}>
      <div className={classes.fields}>
        {inner.group ? <GroupForm {...form} rule={inner} depth={depth} /> : null}
        {inner.condition ? <ConditionForm {...form} condition={inner.condition} /> : null}
        {inner.event ? (
          <EventForm {...form} event={inner.event}>
            {(where, onWhere) => <WhereEditor where={where} depth={depth} context={context} onChange={onWhere} />}
          </EventForm>
        ) : null}
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

const groupWords = [
  { value: "AND", label: "All of these match" },
  { value: "OR", label: "Any of these matches" },
  { value: "NOT OR", label: "None of these matches" },
  { value: "NOT AND", label: "Not all of these match" },
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

/** Edits the filter of an event: a rule about its properties only. */
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
