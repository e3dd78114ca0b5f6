import { Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./SignInPage.module.css";

/** A page for people who are not signed in: one card in the middle. */
export function Outside({ title, children }: { title: string; children: ReactNode }) {
  useDocumentTitle(`${title} · Journeys`);
  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <img src="/icon.svg" alt="" width={36} height={36} />
        <Title order={1}>{title}</Title>
        {children}
      </div>
    </main>
  );
}
