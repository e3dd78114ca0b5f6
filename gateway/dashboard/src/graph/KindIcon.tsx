import type { LucideIcon } from "lucide-react";
import type { CSSProperties } from "react";
import classes from "./KindIcon.module.css";

/** The icon of a kind of node, in its theme color. */
export function KindIcon({ icon: Icon, color, size = 32 }: { icon: LucideIcon; color: string; size?: number }) {
  return (
    <span
      className={classes.icon}
      style={
        {
          "--kind": `var(--mantine-color-${color}-filled)`,
          "--kind-text": `var(--mantine-color-${color}-text)`,
          "--size": `${size}px`,
        } as CSSProperties
      }
    >
      <Icon size={size / 2} aria-hidden />
    </span>
  );
}
