import { useEffect, useRef } from "react";
import { type Graph, paste, readGraph, remove, take } from "../graph/graph";
import type { Flow } from "./useFlow";
import type { GraphEditor } from "./useGraphEditor";

const mark = "journeys/nodes";

/** Copies, cuts and pastes nodes through the browser's clipboard, so that it also works between journeys. */
export function useClipboard({ graph, edit }: GraphEditor, { selectedNodes, select }: Flow, enabled: boolean) {
  // Shifts each further paste a little from the previous one.
  const pasted = useRef({ text: "", times: 0 });

  useEffect(() => {
    if (!enabled) return undefined;
    const copy = (event: ClipboardEvent) => {
      if (
        isTyping(event.target) ||
        selectedNodes.size === 0 ||
        !event.clipboardData ||
        document.getSelection()?.toString()
      )
        return;
      event.preventDefault();
      event.clipboardData.setData("text/plain", JSON.stringify({ [mark]: take(graph, selectedNodes) }));
      pasted.current = { text: "", times: 0 };
      if (event.type === "cut") edit((before) => remove(before, selectedNodes, new Set()));
    };
    const insert = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const copied = isTyping(event.target) ? undefined : read(text);
      if (!copied) return;
      event.preventDefault();
      pasted.current = { text, times: pasted.current.text === text ? pasted.current.times + 1 : 1 };
      const by = 40 * pasted.current.times;
      const result = paste(graph, copied, { x: by, y: by });
      edit(() => result.graph);
      select(result.ids);
    };
    document.addEventListener("copy", copy);
    document.addEventListener("cut", copy);
    document.addEventListener("paste", insert);
    return () => {
      document.removeEventListener("copy", copy);
      document.removeEventListener("cut", copy);
      document.removeEventListener("paste", insert);
    };
  }, [graph, edit, selectedNodes, select, enabled]);
}

/** Whether keys go to an input, which has its own copy and undo. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      target.closest("[role=dialog]") !== null)
  );
}

function read(text: string): Graph | undefined {
  if (!text.startsWith(`{"${mark}"`)) return undefined;
  try {
    const copied = readGraph((JSON.parse(text) as Record<string, object>)[mark]);
    return copied.nodes.length > 0 ? copied : undefined;
  } catch {
    return undefined;
  }
}
