import { VisuallyHidden } from "@mantine/core";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import { createContext, memo, type ReactNode, useContext } from "react";
import { type FlowNode, inHandle, outHandle } from "./flow";
import type { Node } from "./graph";
import { KindIcon } from "./KindIcon";
import classes from "./NodeCard.module.css";
import { infoOf, summary, titleOf, waysOut } from "./nodes";

/** What the canvas provides to its nodes. */
export interface CanvasContext {
  readOnly: boolean;
  problems: ReadonlyMap<string, readonly string[]>;
  /** Shown below a node's summary, for example counts. */
  footer?: (node: Node) => ReactNode;
  /** Shown beside a way out. */
  wayNote?: (node: Node, branch: string) => ReactNode;
}

const Context = createContext<CanvasContext>({ readOnly: true, problems: new Map() });
export const CanvasContextProvider = Context.Provider;

/** Draws a node: its kind, its summary, and a handle for each way out. */
export const NodeCard = memo(function NodeCard({ data: { node }, selected }: NodeProps<FlowNode>) {
  const { readOnly, problems, footer, wayNote } = useContext(Context);
  const { icon, color, label } = infoOf(node);
  const ways = waysOut(node);
  const found = problems.get(node.id) ?? [];
  const single = ways.length === 1 ? ways[0] : undefined;
  return (
    <div className={classes.card} data-selected={selected || undefined} data-faulty={found.length > 0 || undefined}>
      <div className={classes.head}>
        {node.trigger ? null : (
          <Handle
            type="target"
            id={inHandle}
            position={Position.Left}
            className={classes.handle}
            isConnectable={!readOnly}
          />
        )}
        <KindIcon icon={icon} color={color} />
        <span className={classes.words}>
          <span className={classes.title} dir="auto">
            {titleOf(node)}
          </span>
          <span className={classes.summary} title={summary(node)} dir="auto">
            {summary(node)}
          </span>
        </span>
        {found.length > 0 ? (
          <span className={classes.fault} title={found.join("\n")}>
            <CircleAlert size={15} aria-hidden />
            <VisuallyHidden>{found.join(" ")}</VisuallyHidden>
          </span>
        ) : null}
        <VisuallyHidden>{label}</VisuallyHidden>
        {single ? <Out branch={single.branch} readOnly={readOnly} /> : null}
      </div>
      {footer ? <div className={classes.footer}>{footer(node)}</div> : null}
      {ways.length > 1 ? (
        <ul className={classes.ways}>
          {ways.map(({ branch, label: name, optional }) => (
            <li key={branch} className={classes.way} data-optional={optional || undefined}>
              {wayNote?.(node, branch)}
              <span className={classes.wayName} dir="auto">
                {name}
              </span>
              <Out branch={branch} readOnly={readOnly} />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
});

function Out({ branch, readOnly }: { branch: string; readOnly: boolean }) {
  return (
    <Handle
      type="source"
      id={outHandle(branch)}
      position={Position.Right}
      className={classes.handle}
      isConnectable={!readOnly}
    />
  );
}
