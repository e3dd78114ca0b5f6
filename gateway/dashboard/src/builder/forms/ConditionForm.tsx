import { ActionIcon, Button, Stack, Text } from "@mantine/core";
import { ArrowUp, Plus, Trash2 } from "lucide-react";
import type { Condition_BranchJson } from "../../contract/journeys/graph/v1/graph_pb";
import { freeId } from "../../graph/graph";
import { suggestionsOf } from "../../graph/suggestions";
import { MatchCount } from "../../rules/MatchCount";
import { RuleEditor } from "../../rules/RuleEditor";
import classes from "../Properties.module.css";
import { BranchName } from "./BranchName";
import type { NodeFormProps } from "./props";

export function ConditionForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const branches = node.condition?.branches ?? [];
  const set = (next: Condition_BranchJson[], about: string) =>
    change({ ...node, condition: { branches: next } }, about);
  const put = (i: number, next: Condition_BranchJson, about: string) =>
    set(
      branches.map((each, at) => (at === i ? next : each)),
      about && `branch ${i} ${about}`,
    );
  const raise = (i: number) => {
    const next = [...branches];
    next.splice(i - 1, 2, branches[i]!, branches[i - 1]!);
    set(next, "");
  };
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        People take the first branch whose rule matches, otherwise the branch called <em>else</em>.
      </Text>
      {branches.map((branch, i) => (
        <div key={i} className={classes.box} role="group" aria-label={`Branch ${branch.name}`}>
          <div className={classes.boxHead}>
            <BranchName
              label={`Name of branch ${i + 1}`}
              value={branch.name ?? ""}
              readOnly={readOnly}
              error={fault(`condition.branches[${i}].name`)}
              onChange={(name) => put(i, { ...branch, name }, "name")}
            />
            {readOnly ? null : (
              <>
                {i > 0 ? (
                  <ActionIcon aria-label={`Move branch ${branch.name} up`} onClick={() => raise(i)}>
                    <ArrowUp size={15} />
                  </ActionIcon>
                ) : null}
                {branches.length > 1 ? (
                  <ActionIcon
                    aria-label={`Remove branch ${branch.name}`}
                    onClick={() =>
                      set(
                        branches.filter((_, at) => at !== i),
                        "",
                      )
                    }
                  >
                    <Trash2 size={15} />
                  </ActionIcon>
                ) : null}
              </>
            )}
          </div>
          <RuleEditor
            label={`Rule of branch ${branch.name}`}
            scope="journey"
            value={branch.rule}
            suggestions={suggestionsOf(graph)}
            readOnly={readOnly}
            onChange={(rule) => {
              const { rule: _, ...bare } = branch;
              put(i, rule ? { ...bare, rule } : bare, "rule");
            }}
          />
          {branch.rule ? <MatchCount rule={branch.rule} /> : null}
        </div>
      ))}
      {readOnly || branches.length >= 50 ? null : (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          style={{ alignSelf: "flex-start" }}
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() =>
            set([...branches, { name: freeId("branch", [...branches.map((each) => each.name ?? ""), "else"]) }], "")
          }
        >
          Add a branch
        </Button>
      )}
    </Stack>
  );
}
