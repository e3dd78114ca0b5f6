import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { Suggestions } from "./form";
import { GroupBody } from "./GroupBody";
import classes from "./RuleEditor.module.css";
import { fromTopGroup, type RuleScope, topGroup } from "./shapes";

export interface RuleEditorProps {
  /** The accessible name of the rule: "Audience", "Branch pro". */
  label: string;
  value: RuleJson | undefined;
  /** Called with undefined when the last part is removed. */
  onChange: (rule: RuleJson | undefined) => void;
  scope: RuleScope;
  suggestions?: Suggestions;
  readOnly?: boolean;
}

/** Edits a rule of any depth. A rule without a group is shown as a group with one part. */
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
