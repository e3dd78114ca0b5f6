import { Tooltip } from "@mantine/core";
import { KindIcon } from "../graph/KindIcon";
import { kinds } from "../graph/nodes";
import type { NodeKind } from "../graph/nodes/kind";
import classes from "./Palette.module.css";

export const dragType = "application/x-journeys-node";

/**
 * The kinds of nodes that can be added: dragged onto the canvas or an edge, or clicked to add them after the selection.
 */
export function Palette({ add }: { add: (kind: NodeKind) => void }) {
  return (
    <section className={classes.palette} aria-label="Palette">
      <h2 className={classes.title}>Add a node</h2>
      {kinds.map(({ kind, label, about, icon, color }) => (
        <Tooltip
          key={kind}
          label={`${about}. Drag it, or press to add it after what is selected`}
          position="right"
          maw={220}
        >
          <button
            type="button"
            draggable
            className={classes.item}
            onClick={() => add(kind)}
            onDragStart={(event) => {
              event.dataTransfer.setData(dragType, kind);
              event.dataTransfer.effectAllowed = "copy";
            }}
          >
            <KindIcon icon={icon} color={color} size={28} />
            <span className={classes.label}>{label}</span>
          </button>
        </Tooltip>
      ))}
    </section>
  );
}
