import { MultiSelect, SegmentedControl, Text } from "@mantine/core";
import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";
import { useVersions } from "../draft/calls";
import { RuleEditor } from "../rules/RuleEditor";
import { IdsInput } from "../ui/IdsInput";
import { inFull } from "../ui/times";
import { nodeName } from "./calls";
import { type Choice, mostIds } from "./selection";

interface Props {
  journeyId: string;
  nodes: ReadonlyMap<string, NodeJson>;
  choice: Choice;
  onChange: (choice: Choice) => void;
}

/** Selects people inside a journey: everybody, by node, version and rule, or by their ids. */
export function ChoosePeople({ journeyId, nodes, choice, onChange }: Props) {
  const versions = useVersions(journeyId).data ?? [];
  const change = (part: Partial<Choice>) => onChange({ ...choice, ...part });
  return (
    <>
      <SegmentedControl
        fullWidth
        aria-label="Whom"
        data={[
          { value: "some", label: "Some people" },
          { value: "ids", label: "By user id" },
          { value: "all", label: "Everybody inside" },
        ]}
        value={choice.whom}
        // Clears the ids, because their field is empty when it is shown again.
        onChange={(whom) => change({ whom: whom as Choice["whom"], userIds: [] })}
      />
      {choice.whom === "some" ? (
        <>
          <MultiSelect
            label="At these nodes"
            placeholder={choice.nodeIds.length === 0 ? "At any node" : ""}
            searchable
            data={[...nodes.keys()].map((id) => ({ value: id, label: nodeName(nodes, id) }))}
            value={[...choice.nodeIds]}
            onChange={(nodeIds) => change({ nodeIds })}
          />
          {versions.length > 1 ? (
            <MultiSelect
              label="In these versions"
              placeholder={choice.versions.length === 0 ? "In any version" : ""}
              data={versions.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))}
              value={[...choice.versions]}
              onChange={(chosen) => change({ versions: chosen })}
            />
          ) : null}
          <div>
            <Text size="sm" fw={500} mb={4}>
              Who match this rule
            </Text>
            <RuleEditor
              label="Who match this rule"
              value={choice.rule}
              onChange={(rule) => change({ rule })}
              scope="person"
            />
          </div>
        </>
      ) : null}
      {choice.whom === "ids" ? <IdsInput onChange={(userIds) => change({ userIds })} /> : null}
      {choice.whom === "ids" && choice.userIds.length > mostIds ? (
        <Text size="sm" c="red" role="alert">
          At most {inFull(mostIds)} ids at once.
        </Text>
      ) : null}
    </>
  );
}
