import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { RuleScope } from "./shapes";

/** Names of fields, events and content to suggest here, in addition to the known ones. */
export interface Suggestions {
  fields?: readonly string[];
  events?: readonly string[];
  contents?: readonly string[];
}

/** The settings that all parts of one editor share. */
export interface EditorContext {
  scope: RuleScope;
  suggestions: Suggestions;
  readOnly: boolean;
}

/** The props of every form. */
export interface FormProps {
  negated: boolean;
  change: (rule: RuleJson, negated?: boolean) => void;
  context: EditorContext;
}
