import { Autocomplete, NativeSelect } from "@mantine/core";
import type { Rule_ContentJson } from "../contract/journeys/rule/v1/rule_pb";
import type { FormProps } from "./form";

const outcomes = [
  { value: "OUTCOME_UNSPECIFIED", label: "finished" },
  { value: "COMPLETED", label: "completed" },
  { value: "DISMISSED", label: "dismissed" },
  { value: "SKIPPED", label: "skipped" },
];

/** Edits whether a person finished content, and with which outcome. */
export function ContentForm({ content, negated, change, context }: FormProps & { content: Rule_ContentJson }) {
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
