import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { RuleScope } from "./shapes";

/** What a field, event or content may be called here, besides what is known of people. */
export interface Suggestions {
  fields?: readonly string[];
  events?: readonly string[];
  contents?: readonly string[];
}

/** What every part of one editor shares. */
export interface EditorContext {
  scope: RuleScope;
  suggestions: Suggestions;
  readOnly: boolean;
}

/** What the form of every kind gets. */
export interface FormProps {
  negated: boolean;
  change: (rule: RuleJson, negated?: boolean) => void;
  context: EditorContext;
}
