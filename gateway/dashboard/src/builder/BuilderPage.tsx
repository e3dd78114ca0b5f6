import { ReactFlowProvider } from "@xyflow/react";
import { useDraft } from "../journeys/draft";
import { Builder } from "./Builder";
import { readGraph } from "./graph";
import { placed } from "./layout";
import { ReadOnlyBuilder } from "./ReadOnlyBuilder";

/** The draft of a journey, to be edited where the member may. */
export function BuilderPage() {
  const { design, readOnly, journey } = useDraft();
  if (readOnly) return <ReadOnlyBuilder label={`Draft of ${journey.name}`} graph={placed(readGraph(design.graph))} />;
  return (
    <ReactFlowProvider>
      <Builder />
    </ReactFlowProvider>
  );
}
