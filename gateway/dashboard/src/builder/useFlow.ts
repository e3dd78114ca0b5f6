import { applyEdgeChanges, applyNodeChanges, type Connection, type EdgeChange, type NodeChange } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { branchOf, type FlowEdge, type FlowNode, toFlowEdges, toFlowNodes } from "../graph/flow";
import { canConnect, connect, moveNodes, type Point, remove } from "../graph/graph";
import type { GraphEditor } from "./useGraphEditor";

/** Synchronizes React Flow with the graph, and turns actions on the canvas into edits of the graph. */
export function useFlow({ graph, edit }: GraphEditor) {
  const [nodes, setNodes] = useState<FlowNode[]>(() => toFlowNodes(graph, []));
  const [edges, setEdges] = useState<FlowEdge[]>(() => toFlowEdges(graph, []));
  const toSelect = useRef<ReadonlySet<string>>(undefined);

  useEffect(() => {
    const select = toSelect.current;
    toSelect.current = undefined;
    setNodes((before) => toFlowNodes(graph, before, select));
    setEdges((before) =>
      toFlowEdges(graph, before).map((edge) => (select && edge.selected ? { ...edge, selected: false } : edge)),
    );
  }, [graph]);

  /** Selects nodes, now or as soon as the graph has them. */
  const select = useCallback((ids: ReadonlySet<string>) => {
    toSelect.current = ids;
    setNodes((before) =>
      before.map((node) => (node.selected === ids.has(node.id) ? node : { ...node, selected: ids.has(node.id) })),
    );
    setEdges((before) => before.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)));
  }, []);

  const selectEdge = useCallback((id: string) => {
    setNodes((before) => before.map((node) => (node.selected ? { ...node, selected: false } : node)));
    setEdges((before) => before.map((edge) => ({ ...edge, selected: edge.id === id })));
  }, []);

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      toSelect.current = undefined;
      setNodes((before) => applyNodeChanges(changes, before));
      const moved = new Map<string, Point>();
      for (const change of changes)
        if (change.type === "position" && change.dragging === false && change.position)
          moved.set(change.id, change.position);
      if (moved.size > 0) edit((before) => moveNodes(before, moved), `move ${[...moved.keys()].join()}`);
    },
    [edit],
  );

  const onEdgesChange = useCallback(
    (changes: EdgeChange<FlowEdge>[]) => setEdges((before) => applyEdgeChanges(changes, before)),
    [],
  );

  const onDelete = useCallback(
    (gone: { nodes: readonly FlowNode[]; edges: readonly FlowEdge[] }) =>
      edit((before) =>
        remove(before, new Set(gone.nodes.map((node) => node.id)), new Set(gone.edges.map((edge) => edge.id))),
      ),
    [edit],
  );

  const onConnect = useCallback(
    ({ source, target, sourceHandle }: Connection) =>
      edit((before) => connect(before, source, target, branchOf(sourceHandle))),
    [edit],
  );

  const onReconnect = useCallback(
    (old: FlowEdge, { source, target, sourceHandle }: Connection) =>
      edit((before) => connect(remove(before, new Set(), new Set([old.id])), source, target, branchOf(sourceHandle))),
    [edit],
  );

  const isValidConnection = useCallback(
    ({ source, target, sourceHandle }: Connection | FlowEdge) =>
      canConnect(graph, source, target, branchOf(sourceHandle)),
    [graph],
  );

  const selectedNodes = useMemo(() => new Set(nodes.filter((node) => node.selected).map((node) => node.id)), [nodes]);
  const selectedEdges = useMemo(() => new Set(edges.filter((edge) => edge.selected).map((edge) => edge.id)), [edges]);
  return {
    nodes,
    edges,
    select,
    selectEdge,
    selectedNodes,
    selectedEdges,
    onNodesChange,
    onEdgesChange,
    onDelete,
    onConnect,
    onReconnect,
    isValidConnection,
  };
}

export type Flow = ReturnType<typeof useFlow>;
