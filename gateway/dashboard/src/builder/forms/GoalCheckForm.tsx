import { Radio, Stack, Text } from "@mantine/core";
import { useDraft } from "../../draft/draft";
import { suggestionsOf } from "../../graph/suggestions";
import { MatchCount } from "../../rules/MatchCount";
import { RuleEditor } from "../../rules/RuleEditor";
import { blank } from "../../rules/shapes";
import { ruleInWords } from "../../rules/words";
import type { NodeFormProps } from "./props";

export function GoalCheckForm({ node, graph, readOnly, change }: NodeFormProps) {
  const { design } = useDraft();
  const rule = node.goalCheck?.rule;
  return (
    <Stack gap="md">
      <Radio.Group
        label="Which goal"
        value={rule ? "own" : "journey"}
        onChange={(value) =>
          change({ ...node, goalCheck: value === "own" ? { rule: blank("event", "journey") } : {} }, "")
        }
      >
        <Stack gap={6} mt={6}>
          <Radio value="journey" label="The journey's goal" disabled={readOnly} />
          <Radio value="own" label="A goal of its own" disabled={readOnly} />
        </Stack>
      </Radio.Group>
      {rule ? (
        <div>
          <RuleEditor
            label="Goal"
            scope="journey"
            value={rule}
            suggestions={suggestionsOf(graph)}
            readOnly={readOnly}
            onChange={(next) => change({ ...node, goalCheck: next ? { rule: next } : {} }, "rule")}
          />
          <MatchCount rule={rule} />
        </div>
      ) : (
        <Text size="sm" c="dimmed">
          {design.goal?.rule
            ? `Reached by everybody who ${ruleInWords(design.goal.rule)}.`
            : "The journey has no goal yet; it is set under Enrollment rules."}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        People who have reached it take <em>success</em>, everybody else takes <em>fallback</em>.
      </Text>
    </Stack>
  );
}
