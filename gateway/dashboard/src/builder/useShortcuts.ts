import { useHotkeys } from "@mantine/hooks";

interface Actions {
  undo: () => void;
  redo: () => void;
  selectAll: () => void;
  duplicate: () => void;
  fit: () => void;
  tidy: () => void;
  escape: () => void;
}

/** The keyboard shortcuts of the canvas. Ignores keys that go to an input. */
export function useShortcuts({ undo, redo, selectAll, duplicate, fit, tidy, escape: clear }: Actions): void {
  useHotkeys([
    ["mod+Z", undo],
    ["mod+shift+Z", redo],
    ["mod+Y", redo],
    ["mod+A", selectAll],
    ["mod+D", duplicate],
    ["F", fit],
    ["shift+A", tidy],
    ["Escape", clear, { preventDefault: false }],
  ]);
}
