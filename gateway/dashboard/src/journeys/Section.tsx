import type { ReactNode } from "react";
import classes from "./Section.module.css";

/** One setting: its name and effect on the left, its inputs on the right. */
export function Section({ title, effect, children }: { title: string; effect: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section} aria-label={title}>
      <div>
        <h3 className={classes.title}>{title}</h3>
        <p className={classes.effect} aria-live="polite">
          {effect}
        </p>
      </div>
      <div className={classes.control}>{children}</div>
    </section>
  );
}
