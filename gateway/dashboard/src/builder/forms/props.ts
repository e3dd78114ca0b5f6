import type { Graph, Node } from "../../graph/graph";

/** The props of every form. */
export interface NodeFormProps {
  node: Node;
  graph: Graph;
  readOnly: boolean;
  /** `about` names the changed field, so that typing is undone in one step. */
  change: (node: Node, about: string) => void;
  /** Returns what is wrong with a field, by the end of its path: `content.contentId`. */
  fault: (field: string) => string | undefined;
}
