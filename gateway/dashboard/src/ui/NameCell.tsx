import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import classes from "./NameCell.module.css";

/** The first cell of a row: its name with a link, and a line of details. */
export function NameCell({ to, name, about }: { to: string; name: string; about?: string }) {
  return (
    <div className={classes.cell}>
      <Anchor component={Link} to={to} className={classes.name!} dir="auto">
        {name}
      </Anchor>
      {about ? (
        <span className={classes.about} dir="auto">
          {about}
        </span>
      ) : null}
    </div>
  );
}
