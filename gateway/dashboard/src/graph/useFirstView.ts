import { useReactFlow } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";
import type { Graph } from "./graph";
import { firstView } from "./layout";

/** Shows the whole graph when it opens, or its beginning if the whole would be too small to read. */
export function useFirstView(graph: Graph, pane: RefObject<HTMLDivElement | null>): void {
  const { setViewport } = useReactFlow();
  const opened = useRef(graph);
  useEffect(() => {
    const { width, height } = pane.current!.getBoundingClientRect();
    void setViewport(firstView(opened.current, width, height));
  }, [pane, setViewport]);
}
