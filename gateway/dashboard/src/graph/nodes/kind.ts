import type { LucideIcon } from "lucide-react";
import type { NodeJson } from "../../contract/journeys/graph/v1/graph_pb";
import type { Suggestions } from "../../rules/form";

/** The kinds of nodes that the contract has. */
export type NodeKind = Exclude<keyof NodeJson, "id" | "name" | "position">;

/** A way out of a node. */
export interface Way {
  branch: string;
  label: string;
  /** Without an edge of its own, people take the default branch. */
  optional?: boolean;
}

/** How nodes of one kind are called, look, begin, lead on, and sum themselves up. */
export interface KindInfo<Kind extends NodeKind = NodeKind> {
  kind: Kind;
  label: string;
  about: string;
  icon: LucideIcon;
  /** A colour of the theme. */
  color: string;
  /** What a new node of this kind is. */
  blank: NodeJson;
  /** What its id begins with. */
  slug: string;
  /** The ways out of a node, in the order they are drawn. */
  waysOut(node: NodeJson): readonly Way[];
  /** What a node does, in one line. */
  summary(node: NodeJson): string;
  /** What later rules of the journey can ask about because of this node. */
  suggestions?(node: NodeJson): Suggestions;
}

export const plain: Way = { branch: "", label: "next" };

// A name that is used twice has one way out. The server reports it.
export const named = (parts: readonly { name?: string }[] = []): Way[] =>
  [...new Set(parts.map((part) => part.name ?? ""))]
    .filter((name) => name !== "")
    .map((name) => ({ branch: name, label: name }));
