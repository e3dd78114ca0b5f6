import type { SelectionJson } from "../contract/journeys/enrollment/v1/stop_service_pb";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { isComplete } from "../rules/shapes";

/** A selection of people inside a journey, as the form has it. */
export interface Choice {
  whom: "all" | "some" | "ids";
  nodeIds: readonly string[];
  versions: readonly string[];
  rule: RuleJson | undefined;
  userIds: readonly string[];
}

/** The maximum number of ids in a selection. */
export const mostIds = 1_000;

/** Returns the selection of a choice; undefined while something is missing. */
export function selectionOf({ whom, nodeIds, versions, rule, userIds }: Choice): SelectionJson | undefined {
  if (whom === "all") return { all: true };
  if (whom === "ids") return userIds.length > 0 && userIds.length <= mostIds ? { userIds: [...userIds] } : undefined;
  if (nodeIds.length + versions.length === 0 && !rule) return undefined;
  if (rule && !isComplete(rule)) return undefined;
  return {
    ...(nodeIds.length > 0 ? { nodeIds: [...nodeIds] } : {}),
    ...(versions.length > 0 ? { versions: versions.map(Number) } : {}),
    ...(rule ? { rule } : {}),
  };
}
