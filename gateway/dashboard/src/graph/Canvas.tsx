import "@xyflow/react/dist/style.css";
import { useComputedColorScheme } from "@mantine/core";
import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, type ReactFlowProps } from "@xyflow/react";
import type { RefAttributes } from "react";
import classes from "./Canvas.module.css";
import type { FlowEdge, FlowNode } from "./flow";
import { NodeCard } from "./NodeCard";
import { infoOf } from "./nodes";

const nodeTypes = { step: NodeCard };
const minimapColor = (node: FlowNode): string => `var(--mantine-color-${infoOf(node.data.node).color}-filled)`;

export const fitOptions = { padding: 0.12, maxZoom: 1 };

/** Draws a graph with a grid, a map and zoom buttons. The props decide what can be done with it. */
export function Canvas({ children, ...props }: ReactFlowProps<FlowNode, FlowEdge> & RefAttributes<HTMLDivElement>) {
  return (
    <ReactFlow<FlowNode, FlowEdge>
      colorMode={useComputedColorScheme("light")}
      nodeTypes={nodeTypes}
      className={classes.flow}
      minZoom={0.1}
      maxZoom={2}
      {...props}
    >
      <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
      <MiniMap<FlowNode>
        position="bottom-left"
        pannable
        zoomable
        nodeColor={minimapColor}
        className={classes.minimap!}
        ariaLabel="Map of the journey"
      />
      <Controls showInteractive={false} className={classes.controls!} />
      {children}
    </ReactFlow>
  );
}
