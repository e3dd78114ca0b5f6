import { Anchor } from "@mantine/core";
import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./BackLink.module.css";

/** Links from one item back to its list. */
export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} className={classes.back!}>
      <ChevronLeft size={14} aria-hidden />
      {children}
    </Anchor>
  );
}
