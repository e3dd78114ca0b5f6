import type { NodeJson } from "../../contract/journeys/graph/v1/graph_pb";
import { condition } from "./condition";
import { content } from "./content";
import { exit } from "./exit";
import { goalCheck } from "./goalCheck";
import type { KindInfo, NodeKind, Way } from "./kind";
import { split } from "./split";
import { trigger } from "./trigger";
import { wait } from "./wait";
import { waitForEvent } from "./waitForEvent";

/**
 * Every kind of the contract, in the order of the palette. A kind that the contract gets and this has not is an error
 * of the compiler.
 */
const registry: { readonly [Kind in NodeKind]: KindInfo<Kind> } = {
  trigger,
  content,
  wait,
  waitForEvent,
  condition,
  split,
  goalCheck,
  exit,
};

export const kinds: readonly KindInfo[] = Object.values(registry);

export const infoOf = (node: NodeJson): KindInfo => kinds.find(({ kind }) => node[kind] !== undefined) ?? exit;

/** What a node is called on the canvas and in lists. */
export const titleOf = (node: NodeJson): string => node.name || infoOf(node).label;

/** What a node does, in one line. */
export const summary = (node: NodeJson): string => infoOf(node).summary(node);

/** The ways out of a node, in the order they are drawn. */
export const waysOut = (node: NodeJson): readonly Way[] => infoOf(node).waysOut(node);
