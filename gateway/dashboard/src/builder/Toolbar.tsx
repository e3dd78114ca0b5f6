import { ActionIcon, Kbd, Popover, Tooltip } from "@mantine/core";
import { Keyboard, Magnet, Maximize, Network, Redo2, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Toolbar.module.css";
import type { GraphEditor } from "./useGraphEditor";

interface ToolbarProps {
  editor: GraphEditor;
  snapping: boolean;
  setSnapping: (snapping: boolean) => void;
  tidy: () => void;
  fit: () => void;
}

export function Toolbar({ editor, snapping, setSnapping, tidy, fit }: ToolbarProps) {
  return (
    <div className={classes.bar} role="toolbar" aria-label="Canvas">
      <Tool label="Undo" keys="Ctrl Z" disabled={!editor.canUndo} onClick={editor.undo}>
        <Undo2 size={16} />
      </Tool>
      <Tool label="Redo" keys="Ctrl Shift Z" disabled={!editor.canRedo} onClick={editor.redo}>
        <Redo2 size={16} />
      </Tool>
      <span className={classes.line} />
      <Tool label="Arrange" keys="Shift A" onClick={tidy}>
        <Network size={16} />
      </Tool>
      <Tool label="Fit" keys="F" onClick={fit}>
        <Maximize size={16} />
      </Tool>
      <Tool
        label={snapping ? "Snapping is on" : "Snapping is off"}
        pressed={snapping}
        onClick={() => setSnapping(!snapping)}
      >
        <Magnet size={16} />
      </Tool>
      <span className={classes.line} />
      <Shortcuts />
    </div>
  );
}

interface ToolProps {
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ label, keys, pressed, disabled = false, onClick, children }: ToolProps) {
  return (
    <Tooltip label={keys ? `${label} (${keys})` : label}>
      <ActionIcon size={30} aria-label={label} disabled={disabled} onClick={onClick} aria-pressed={pressed}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

const shortcuts = [
  ["Undo, redo", "Ctrl Z", "Ctrl Shift Z"],
  ["Copy, cut, paste", "Ctrl C", "Ctrl X", "Ctrl V"],
  ["Duplicate", "Ctrl D"],
  ["Select all", "Ctrl A"],
  ["Select several", "Shift click", "Shift drag"],
  ["Delete", "Del"],
  ["Move the selection", "Arrows"],
  ["Next node or edge", "Tab"],
  ["Select what has the focus", "Enter"],
  ["Fit, arrange", "F", "Shift A"],
] as const;

function Shortcuts() {
  return (
    <Popover position="bottom-start" shadow="md" withArrow>
      <Popover.Target>
        <Tooltip label="Keyboard">
          <ActionIcon size={30} aria-label="Keyboard">
            <Keyboard size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <dl className={classes.keys}>
          {shortcuts.map(([what, ...keys]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                {keys.map((key) => (
                  <Kbd key={key} size="xs">
                    {key}
                  </Kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}
