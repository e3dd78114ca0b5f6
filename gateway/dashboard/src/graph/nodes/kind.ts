import type { LucideIcon } from "lucide-react";
import type { NodeJson } from "../../contract/journeys/graph/v1/graph_pb";
import type { Suggestions } from "../../rules/form";

/** The kinds of nodes of the contract. */
export type NodeKind = Exclude<keyof NodeJson, "id" | "name" | "position">;

/** A way out of a node. */
export interface Way {
  branch: string;
  label: string;
  /** Without an edge of its own, people take the default branch. */
  optional?: boolean;
}

/** The properties of one kind of node: its names and look, new nodes, ways out and summaries. */
export interface KindInfo<Kind extends NodeKind = NodeKind> {
  kind: Kind;
  label: string;
  about: string;
  icon: LucideIcon;
  /** A color of the theme. */
  color: string;
  /** The fields of a new node of this kind. */
  blank: NodeJson;
  /** The beginning of its id. */
  slug: string;
  /** Returns the ways out of a node, in the order in which they are drawn. */
  waysOut(node: NodeJson): readonly Way[];
  /** Returns what a node does, in one line. */
  summary(node: NodeJson): string;
  /** Returns the fields that later rules of the journey can use because of this node. */
  suggestions?(node: NodeJson): Suggestions;
}

export const plain: Way = { branch: "", label: "next" };

// Two parts with the same name share one way out. The server reports them.
export const named = (parts: readonly { name?: string }[] = []): Way[] =>
  [...new Set(parts.map((part) => part.name ?? ""))]
    .filter((name) => name !== "")
    .map((name) => ({ branch: name, label: name }));
