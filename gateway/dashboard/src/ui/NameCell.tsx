import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import classes from "./NameCell.module.css";

/** What a row of a list is about: its name, which leads to it, and a line that says more. */
export function NameCell({ to, name, about }: { to: string; name: string; about?: string }) {
  return (
    <div className={classes.cell}>
      <Anchor component={Link} to={to} className={classes.name!}>
        {name}
      </Anchor>
      {about ? <span className={classes.about}>{about}</span> : null}
    </div>
  );
}
