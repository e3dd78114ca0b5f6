import { Tooltip } from "@mantine/core";
import classes from "./OnItsWay.module.css";

const pending =
  "The change is stored but not confirmed yet: people may still move or enter as before. " +
  "It is sent again until it is confirmed.";

/** Shows that the newest change of a journey's status or of an audience is stored, but not in force yet. */
export function OnItsWay({ of }: { of: { appliedEverywhere: boolean } }) {
  if (of.appliedEverywhere) return null;
  return (
    <Tooltip label={pending}>
      <span className={classes.text} role="status" tabIndex={0}>
        on its way
      </span>
    </Tooltip>
  );
}
