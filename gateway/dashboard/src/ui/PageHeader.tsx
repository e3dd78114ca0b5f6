import { Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./PageHeader.module.css";

interface HeaderProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
}

/** A page's title with its main actions, and a line that describes the page. */
export function PageHeader(props: HeaderProps) {
  useDocumentTitle(`${props.title} · Journeys`);
  return <Header {...props} order={1} />;
}

/** The header of a page inside the frame of a journey, whose name is the title already. */
export const PartHeader = (props: HeaderProps) => <Header {...props} order={2} />;

function Header({ title, about, actions, order }: HeaderProps & { order: 1 | 2 }) {
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        <Title order={order} size="h1">
          {title}
        </Title>
        {about ? <div className={classes.about}>{about}</div> : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}

/** A page of standard width. */
export function Page({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  return <div className={wide ? classes.wide : classes.page}>{children}</div>;
}
