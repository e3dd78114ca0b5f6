import { ActionIcon, Button, NativeSelect, Stack } from "@mantine/core";
import { Spline, Trash2, X } from "lucide-react";
import type { Edge, Graph } from "../graph/graph";
import { KindIcon } from "../graph/KindIcon";
import { titleOf, waysOut } from "../graph/nodes";
import classes from "./Properties.module.css";

interface EdgePropertiesProps {
  edge: Edge;
  graph: Graph;
  close: () => void;
  connect: (source: string, target: string, branch: string) => void;
  remove: () => void;
}

/** Edits the way out and the target of an edge, without a mouse. */
export function EdgeProperties({ edge, graph, close, connect, remove }: EdgePropertiesProps) {
  const source = graph.nodes.find((node) => node.id === edge.source);
  const targets = graph.nodes.filter((node) => !node.trigger).map((node) => ({ value: node.id, label: titleOf(node) }));
  return (
    <section className={classes.panel} aria-labelledby="properties-title">
      <header className={classes.head}>
        <KindIcon icon={Spline} color="gray" />
        <div className={classes.words}>
          <h2 id="properties-title" className={classes.title}>
            Edge
          </h2>
          <p className={classes.about}>from {source ? titleOf(source) : edge.source}</p>
        </div>
        <ActionIcon aria-label="Close the properties" onClick={close}>
          <X size={16} />
        </ActionIcon>
      </header>
      <Stack gap="md">
        <NativeSelect
          label="Branch"
          data={(source ? waysOut(source) : []).map(({ branch, label }) => ({ value: branch, label }))}
          value={edge.branch}
          onChange={({ currentTarget: { value } }) => connect(edge.source, edge.target, value)}
        />
        <NativeSelect
          label="Leads to"
          data={targets}
          value={edge.target}
          onChange={({ currentTarget: { value } }) => connect(edge.source, value, edge.branch)}
        />
        <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={remove}>
          Delete the edge
        </Button>
      </Stack>
    </section>
  );
}
