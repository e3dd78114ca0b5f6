import { ReactFlowProvider } from "@xyflow/react";
import { useDraft } from "../draft/draft";
import { readGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { Builder } from "./Builder";
import { ReadOnlyBuilder } from "./ReadOnlyBuilder";

/** The draft of a journey, editable if the member may edit it. */
export function BuilderPage() {
  const { design, readOnly, journey } = useDraft();
  if (readOnly) return <ReadOnlyBuilder label={`Draft of ${journey.name}`} graph={placed(readGraph(design.graph))} />;
  return (
    <ReactFlowProvider>
      <Builder />
    </ReactFlowProvider>
  );
}
