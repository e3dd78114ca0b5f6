import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect } from "react";
import { moveDuration } from "../graph/canvasMotion";
import type { Node } from "../graph/graph";
import { nodeWidth } from "../graph/layout";

/** The width of the properties and the gap beside them. */
const covered = 376;

/** Moves the canvas when the properties would cover the selected node. */
export function useClearOfProperties(pane: RefObject<HTMLDivElement | null>, node: Node | undefined): void {
  const { getViewport, setViewport } = useReactFlow();
  const id = node?.id;
  const right = node ? node.position.x + nodeWidth : 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the selection changes; not while it is dragged.
  useEffect(() => {
    if (!id) return;
    const { x, y, zoom } = getViewport();
    const over = x + right * zoom - (pane.current!.clientWidth - covered);
    if (over > 0) void setViewport({ x: x - over, y, zoom }, { duration: moveDuration() });
  }, [id]);
}
