import { BaseEdge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { createContext, useContext } from "react";
import type { FlowEdge } from "../graph/flow";
import classes from "./FlowingEdge.module.css";

/** The number of dots that move along each edge, by edge id. */
const Dots = createContext<ReadonlyMap<string, number>>(new Map());
export const DotsProvider = Dots.Provider;

const seconds = 1.6;

/** An edge along which dots move while time is played. */
function FlowingEdge(edge: EdgeProps<FlowEdge>) {
  const { id, label, markerEnd, style, interactionWidth } = edge;
  const dots = useContext(Dots).get(id) ?? 0;
  const [path, labelX, labelY] = getBezierPath(edge);
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        label={label}
        labelX={labelX}
        labelY={labelY}
        markerEnd={markerEnd}
        style={style}
        interactionWidth={interactionWidth}
      />
      {Array.from({ length: dots }, (_, i) => (
        <circle key={i} r={4} className={classes.dot}>
          <animateMotion path={path} dur={`${seconds}s`} begin={`${(-i * seconds) / dots}s`} repeatCount="indefinite" />
        </circle>
      ))}
    </>
  );
}

/** Replaces React Flow's default edge. */
export const flowingEdges = { default: FlowingEdge };
