import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect } from "react";

/** Returns the duration of movements of the canvas in milliseconds; 0 if the system asks for reduced motion. */
export function moveDuration(): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250;
}

/** Stops a moving canvas when the author presses on it, so that nothing moves under the pointer. */
export function useCanvasHold(pane: RefObject<HTMLDivElement | null>): void {
  const { getViewport, setViewport } = useReactFlow();
  useEffect(() => {
    const canvas = pane.current;
    const hold = () => void setViewport(getViewport());
    // Runs before React Flow handles the press and stores the start of the drag.
    canvas?.addEventListener("pointerdown", hold, { capture: true });
    return () => canvas?.removeEventListener("pointerdown", hold, { capture: true });
  }, [pane, getViewport, setViewport]);
}
