import { Menu } from "@mantine/core";
import type { Point } from "../graph/graph";
import { kinds } from "../graph/nodes";
import type { NodeKind } from "../graph/nodes/kind";

/** The place where a new connection was dropped, and the way out that will lead to the added node. */
export interface AddPlace {
  left: number;
  top: number;
  at: Point;
  from: { source: string; branch: string };
}

export function AddMenu({ place, close, add }: { place: AddPlace; close: () => void; add: (kind: NodeKind) => void }) {
  return (
    <Menu opened onClose={close} position="bottom-start" width={190} offset={0}>
      <Menu.Target>
        <span style={{ position: "absolute", left: place.left, top: place.top }} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Leads to a new</Menu.Label>
        {kinds
          .filter(({ kind }) => kind !== "trigger")
          .map(({ kind, label, icon: Icon }) => (
            <Menu.Item key={kind} leftSection={<Icon size={14} aria-hidden />} onClick={() => add(kind)}>
              {label}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
