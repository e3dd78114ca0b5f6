import { SegmentedControl } from "@mantine/core";
import { inFull } from "../ui/times";
import classes from "./PeoplePage.module.css";

interface Counts {
  active: number;
  completed: number;
  stopped: number;
  archived: number;
}

/** Selects a status, with the number of people in each. */
export function StatusFilter({
  value,
  onChange,
  counts,
}: {
  value: string;
  onChange: (status: string) => void;
  counts: Counts | undefined;
}) {
  const all = counts && counts.active + counts.completed + counts.stopped + counts.archived;
  const choice = (status: string, label: string, count: number | undefined) => ({
    value: status,
    label: (
      <>
        {label} <span className={classes.count}>{count === undefined ? "" : inFull(count)}</span>
      </>
    ),
  });
  return (
    <SegmentedControl
      size="xs"
      aria-label="Status"
      value={value}
      onChange={onChange}
      data={[
        choice("", "All", all),
        choice("ACTIVE", "Active", counts?.active),
        choice("COMPLETED", "Completed", counts?.completed),
        choice("STOPPED", "Stopped", counts?.stopped),
        choice("ARCHIVED", "Archived", counts?.archived),
      ]}
    />
  );
}
