import type { ReactNode } from "react";
import classes from "./Panel.module.css";

interface PanelProps {
  title: string;
  /** A line that describes the panel. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Without padding, for tables and canvases. */
  flush?: boolean;
}

/** A part of a page with a title of its own. */
export function Panel({ title, about, actions, children, flush = false }: PanelProps) {
  return (
    <section className={classes.panel} aria-label={title}>
      <header className={classes.header}>
        <div>
          <h2 className={classes.title}>{title}</h2>
          {about ? <p className={classes.about}>{about}</p> : null}
        </div>
        {actions ? <div className={classes.actions}>{actions}</div> : null}
      </header>
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  );
}

/** A list of names and values. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
