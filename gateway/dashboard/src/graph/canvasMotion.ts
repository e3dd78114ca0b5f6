import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect } from "react";

/**
 * How long the canvas takes to move to another view, in milliseconds; 0 for people who asked their system for less
 * motion.
 */
export function moveDuration(): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250;
}

/**
 * Stops a canvas that is on its way to another view when the author presses on it, so that nothing moves under their
 * hand.
 */
export function useCanvasHold(pane: RefObject<HTMLDivElement | null>): void {
  const { getViewport, setViewport } = useReactFlow();
  useEffect(() => {
    const canvas = pane.current;
    const hold = () => void setViewport(getViewport());
    // Before React Flow sees the press and remembers where the drag begins.
    canvas?.addEventListener("pointerdown", hold, { capture: true });
    return () => canvas?.removeEventListener("pointerdown", hold, { capture: true });
  }, [pane, getViewport, setViewport]);
}
