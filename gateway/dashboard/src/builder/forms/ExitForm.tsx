import { Autocomplete, Text } from "@mantine/core";
import type { NodeFormProps } from "./props";

export function ExitForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const outcomes = [...new Set(graph.nodes.flatMap((each) => each.exit?.outcome || []))];
  return (
    <>
      <Autocomplete
        label="Outcome"
        placeholder="completed"
        maxLength={64}
        data={outcomes}
        value={node.exit?.outcome ?? ""}
        readOnly={readOnly}
        error={fault("exit.outcome")}
        onChange={(outcome) => change({ ...node, exit: { outcome } }, "outcome")}
      />
      <Text size="sm" c="dimmed">
        The enrollment is completed with this outcome. Several exits may share one.
      </Text>
    </>
  );
}
