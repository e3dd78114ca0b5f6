import { useMemo, useState } from "react";
import { GraphView } from "../graph/GraphView";
import type { Graph } from "../graph/graph";
import classes from "./Builder.module.css";
import { NodeProperties } from "./NodeProperties";

/** A read-only graph, with the properties of the selected node. */
export function ReadOnlyBuilder({ label, graph: given }: { label: string; graph: Graph }) {
  // Keeps the same object as long as the content is the same, so that the canvas keeps its view.
  const text = JSON.stringify(given);
  const graph = useMemo(() => JSON.parse(text) as Graph, [text]);
  const [selected, setSelected] = useState<string>();
  const node = graph.nodes.find((each) => each.id === selected);
  return (
    <div className={classes.builder} data-without="palette">
      <div className={classes.canvas}>
        <GraphView label={label} graph={graph} {...(selected ? { selected } : {})} onSelect={setSelected} />
        {node ? (
          <aside className={classes.properties} aria-label="Properties">
            <NodeProperties
              key={node.id}
              node={node}
              graph={graph}
              problems={[]}
              roots={[]}
              close={() => setSelected(undefined)}
            />
          </aside>
        ) : null}
      </div>
    </div>
  );
}
