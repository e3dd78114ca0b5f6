import { Checkbox, Stack, Switch } from "@mantine/core";
import type { GoalJson } from "../../contract/journeys/definition/v1/journey_pb";
import { useDraft } from "../../draft/draft";
import { readGraph } from "../../graph/graph";
import { suggestionsOf } from "../../graph/suggestions";
import { MatchCount } from "../../rules/MatchCount";
import { RuleEditor } from "../../rules/RuleEditor";
import { ruleInWords } from "../../rules/words";
import { DurationInput } from "../../ui/DurationInput";
import { inWords } from "../../ui/times";
import { Section } from "../Section";
import classes from "./rules.module.css";

/** Edits the goal, its deadline, and whether reaching it ends the journey. */
export function Goal() {
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
