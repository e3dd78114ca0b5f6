import { useCallback, useEffect, useRef, useState } from "react";
import { useDraft } from "../draft/draft";
import { type Graph, readGraph, writeGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { begin, type History, record, redo, undo } from "./history";

/** The draft's graph with its history for undo. Every change goes to the draft, which saves itself. */
export function useGraphEditor() {
  const { design, change, generation } = useDraft();
  const [history, setHistory] = useState<History<Graph>>(() => begin(placed(readGraph(design.graph))));
  const given = useRef(history.present);

  // Another draft was loaded. The history of the old one does not apply to it.
  const seen = useRef(generation);
  useEffect(() => {
    if (seen.current === generation) return;
    seen.current = generation;
    const next = begin(placed(readGraph(design.graph)));
    given.current = next.present;
    setHistory(next);
  }, [generation, design]);

  const graph = history.present;
  useEffect(() => {
    if (given.current === graph) return;
    given.current = graph;
    change({ graph: writeGraph(graph) });
  }, [graph, change]);

  /** `about` names the subject of the change, so that typing is undone in one step. */
  const edit = useCallback(
    (update: (graph: Graph) => Graph, about = "") =>
      setHistory((before) => record(before, update(before.present), about, Date.now())),
    [],
  );
  return {
    graph,
    edit,
    undo: useCallback(() => setHistory(undo), []),
    redo: useCallback(() => setHistory(redo), []),
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}

export type GraphEditor = ReturnType<typeof useGraphEditor>;
