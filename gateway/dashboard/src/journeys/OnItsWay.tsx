import { Tooltip } from "@mantine/core";
import type { Journey } from "../draft/calls";
import classes from "./OnItsWay.module.css";

const pending =
  "The change is stored but not confirmed yet: people may still move or enter as before. " +
  "It is sent again until it is confirmed.";

/** Says that the newest move of a journey is made, but not in force yet where people are. */
export function OnItsWay({ journey }: { journey: Journey }) {
  if (journey.appliedEverywhere) return null;
  return (
    <Tooltip label={pending}>
      <span className={classes.text} role="status" tabIndex={0}>
        on its way
      </span>
    </Tooltip>
  );
}
