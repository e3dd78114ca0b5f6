import type { Graph, Node } from "../../graph/graph";

/** What the form of every kind gets. */
export interface NodeFormProps {
  node: Node;
  graph: Graph;
  readOnly: boolean;
  /** `about` says which field changes, so that typing is undone in one go. */
  change: (node: Node, about: string) => void;
  /** What is wrong with a field, by the end of its path: `content.contentId`. */
  fault: (field: string) => string | undefined;
}
