import type { NodeJson } from "../contract/journeys/graph/v1/graph_pb";

export type NodeKind = "trigger" | "content" | "wait" | "waitForEvent" | "condition" | "split" | "goalCheck" | "exit";

const nodeKinds: readonly NodeKind[] = [
  "trigger",
  "content",
  "wait",
  "waitForEvent",
  "condition",
  "split",
  "goalCheck",
  "exit",
];

export function kindOf(node: NodeJson): NodeKind {
  return nodeKinds.find((kind) => node[kind] !== undefined) ?? "exit";
}

/** A way out of a node. */
export interface Way {
  branch: string;
  label: string;
  /** Without an edge of its own, people take the plain way. */
  optional?: boolean;
}

const plain: Way = { branch: "", label: "next" };

/** The ways out of a node, in the order they are drawn. */
export function waysOut(node: NodeJson): readonly Way[] {
  if (node.content)
    return [
      { branch: "", label: "finished" },
      { branch: "dismissed", label: "dismissed", optional: true },
      { branch: "skipped", label: "skipped", optional: true },
      ...(node.content.expireAfter ? [{ branch: "timeout", label: "timeout" }] : []),
    ];
  if (node.waitForEvent)
    return [
      { branch: "event", label: "event" },
      ...(node.waitForEvent.timeout ? [{ branch: "timeout", label: "timeout" }] : []),
    ];
  if (node.condition) return [...named(node.condition.branches), { branch: "else", label: "else" }];
  if (node.split) return named(node.split.variants);
  if (node.goalCheck)
    return [
      { branch: "success", label: "success" },
      { branch: "fallback", label: "fallback" },
    ];
  return node.exit ? [] : [plain];
}

// A name that stands there twice has one way out; that it does is reported by the server.
const named = (parts: readonly { name?: string }[] = []): Way[] =>
  [...new Set(parts.map((part) => part.name ?? ""))]
    .filter((name) => name !== "")
    .map((name) => ({ branch: name, label: name }));
