import { Button, Menu } from "@mantine/core";
import { CalendarCheck, CopyCheck, Group as GroupIcon, Plus, Target, UserRound } from "lucide-react";
import type { Rule_GroupJson, RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { PartEditor } from "./PartEditor";
import classes from "./RuleEditor.module.css";
import { blank, fromTopGroup, type RuleKind, type RuleScope, topGroup } from "./shapes";

/** What a field, event or content may be called here, besides what is known of people. */
export interface Suggestions {
  fields?: readonly string[];
  events?: readonly string[];
  contents?: readonly string[];
}

export interface RuleEditorProps {
  /** What the rule is for, for those who do not see the form: "Audience", "Branch pro". */
  label: string;
  value: RuleJson | undefined;
  /** Called with nothing when the last part is removed. */
  onChange: (rule: RuleJson | undefined) => void;
  scope: RuleScope;
  suggestions?: Suggestions;
  readOnly?: boolean;
}

/** Edits a rule of any depth. A rule without a group around it is shown as a group of one. */
export function RuleEditor({ label, value, onChange, scope, suggestions = {}, readOnly = false }: RuleEditorProps) {
  const group = topGroup(value);
  return (
    <div className={classes.editor} role="group" aria-label={label}>
      <GroupBody
        group={group}
        onChange={(next) => onChange(fromTopGroup(next))}
        depth={1}
        context={{ scope, suggestions, readOnly }}
      />
    </div>
  );
}

/** What every part of one editor shares. */
export interface EditorContext {
  scope: RuleScope;
  suggestions: Suggestions;
  readOnly: boolean;
}

interface GroupBodyProps {
  group: Rule_GroupJson;
  onChange: (group: Rule_GroupJson) => void;
  depth: number;
  context: EditorContext;
}

/** The parts of a group, the word that joins them, and a way to add one. */
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
        // By position: a part has no identity of its own, and holds no state of its own either.
        <div key={i} className={classes.row}>
          {i > 0 ? (
            <button
              type="button"
              className={classes.joiner}
              disabled={context.readOnly}
              onClick={() => onChange({ ...group, operator: operator === "AND" ? "OR" : "AND" })}
              title={operator === "AND" ? "All must hold; press for any" : "Any may hold; press for all"}
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

const kinds: readonly { kind: RuleKind; label: string; about: string; icon: typeof Plus }[] = [
  { kind: "condition", label: "What we know of them", about: "Traits, role, device, location", icon: UserRound },
  { kind: "event", label: "What they did", about: "Events, how often, how lately", icon: CalendarCheck },
  { kind: "content", label: "Content they finished", about: "Completed, dismissed, skipped", icon: CopyCheck },
  { kind: "audience", label: "An audience they are in", about: "A rule with a name", icon: Target },
  { kind: "group", label: "A group of rules", about: "Joined with and / or", icon: GroupIcon },
];

// Ten levels may be; an event's filter needs one more below itself.
const deepestGroup = 8;

function AddPart({
  isFirst,
  depth,
  context,
  add,
}: {
  isFirst: boolean;
  depth: number;
  context: EditorContext;
  add: (rule: RuleJson) => void;
}) {
  const offered = kinds.filter(
    ({ kind }) =>
      (kind !== "group" || depth < deepestGroup) &&
      (context.scope !== "event" || kind === "condition" || kind === "group"),
  );
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<Plus size={14} aria-hidden />}
          className={classes.add!}
        >
          {isFirst ? "Add a rule" : "Add"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ kind, label, about, icon: Icon }) => (
          <Menu.Item
            key={kind}
            leftSection={<Icon size={15} aria-hidden />}
            onClick={() => add(blank(kind, context.scope))}
          >
            {kind === "condition" && context.scope === "event" ? "A property of the event" : label}
            <span className={classes.about}>
              {kind === "condition" && context.scope === "event" ? "Compare it with a value" : about}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
