import { type FinalConnectionState, useReactFlow } from "@xyflow/react";
import { type DragEvent, type RefObject, useCallback, useState } from "react";
import { branchOf } from "../graph/flow";
import { addNode, connect, insertInto, type Point } from "../graph/graph";
import { besides, freePlace, nodeHeight, nodeWidth, onGrid } from "../graph/layout";
import { kinds, waysOut } from "../graph/nodes";
import type { NodeKind } from "../graph/nodes/kind";
import type { AddPlace } from "./AddMenu";
import { dragType } from "./Palette";
import type { Flow } from "./useFlow";
import type { GraphEditor } from "./useGraphEditor";

/** Adds nodes: from the palette, by dropping one on the canvas or an edge, and where a new connection is dropped. */
export function useAdding(
  { graph, edit }: GraphEditor,
  { select, selectedNodes }: Flow,
  pane: RefObject<HTMLDivElement | null>,
) {
  const { screenToFlowPosition } = useReactFlow();
  const [place, setPlace] = useState<AddPlace>();

  const add = useCallback(
    (kind: NodeKind, at: Point, into?: string, from?: { source: string; branch: string }) => {
      const { blank, slug } = kinds.find((each) => each.kind === kind)!;
      const position = { x: onGrid(at.x), y: onGrid(at.y) };
      const added = addNode(graph, { ...structuredClone(blank), name: "", position }, slug);
      let next = added.graph;
      if (into) next = insertInto(next, into, added.id);
      if (from) next = connect(next, from.source, added.id, from.branch);
      edit(() => next);
      select(new Set([added.id]));
    },
    [graph, edit, select],
  );

  // For a click in the palette: adds the node after the selected one by its first way without an edge, or else in the
  // middle of the view.
  const addNext = useCallback(
    (kind: NodeKind) => {
      const height = nodeHeight(waysOut(kinds.find((each) => each.kind === kind)!.blank).length);
      const before =
        selectedNodes.size === 1 && kind !== "trigger"
          ? graph.nodes.find((each) => selectedNodes.has(each.id))
          : undefined;
      const way =
        before &&
        waysOut(before).find(
          ({ branch }) => !graph.edges.some((each) => each.source === before.id && each.branch === branch),
        );
      if (before && way) {
        add(kind, freePlace(graph, besides(before), height), undefined, { source: before.id, branch: way.branch });
        return;
      }
      const { left, top, width, height: tall } = pane.current!.getBoundingClientRect();
      const middle = screenToFlowPosition({ x: left + width / 2, y: top + tall / 2 });
      add(kind, freePlace(graph, { x: middle.x - nodeWidth / 2, y: middle.y - height / 2 }, height));
    },
    [add, graph, pane, screenToFlowPosition, selectedNodes],
  );

  const drop = (event: DragEvent) => {
    const kind = event.dataTransfer.getData(dragType) as NodeKind;
    if (!kind) return;
    event.preventDefault();
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const edge = document
      .elementsFromPoint(event.clientX, event.clientY)
      .map((element) => element.closest(".react-flow__edge"))
      .find((found) => found !== null);
    add(kind, { x: at.x - nodeWidth / 2, y: at.y - 30 }, edge?.getAttribute("data-id") ?? undefined);
  };

  const connectEnd = (
    event: MouseEvent | TouchEvent,
    { isValid, fromNode, fromHandle, toNode }: FinalConnectionState,
  ) => {
    if (isValid || toNode || !fromNode || fromHandle?.type !== "source") return;
    const { clientX, clientY } = "changedTouches" in event ? event.changedTouches[0]! : event;
    const frame = pane.current!.getBoundingClientRect();
    setPlace({
      left: clientX - frame.left,
      top: clientY - frame.top,
      at: screenToFlowPosition({ x: clientX, y: clientY }),
      from: { source: fromNode.id, branch: branchOf(fromHandle.id) },
    });
  };

  const addAtPlace = (kind: NodeKind) => {
    if (place) add(kind, { x: place.at.x, y: place.at.y - 30 }, undefined, place.from);
    setPlace(undefined);
  };

  return { addNext, drop, connectEnd, place, leavePlace: () => setPlace(undefined), addAtPlace };
}
