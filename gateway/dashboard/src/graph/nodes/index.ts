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

/** All kinds of the contract, in the order of the palette. The compiler reports kinds that are missing here. */
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

/** Returns the title of a node for the canvas and lists. */
export const titleOf = (node: NodeJson): string => node.name || infoOf(node).label;

/** Returns what a node does, in one line. */
export const summary = (node: NodeJson): string => infoOf(node).summary(node);

/** Returns the ways out of a node, in the order in which they are drawn. */
export const waysOut = (node: NodeJson): readonly Way[] => infoOf(node).waysOut(node);
