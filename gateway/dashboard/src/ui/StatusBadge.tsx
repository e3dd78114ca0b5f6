import classes from "./StatusBadge.module.css";

/** The color of each status of a journey, an enrollment or a job, in addition to its name. */
const tones: Record<string, "gray" | "green" | "amber" | "blue" | "red"> = {
  DRAFT: "gray",
  PUBLISHED: "green",
  PAUSED: "amber",
  ARCHIVED: "gray",
  ACTIVE: "blue",
  COMPLETED: "green",
  STOPPED: "amber",
  RUNNING: "blue",
  FAILED: "red",
  CANCELLED: "gray",
};

export function StatusBadge({ status }: { status: string }) {
  return (
    <span className={classes.badge} data-tone={tones[status] ?? "gray"}>
      <span className={classes.dot} aria-hidden />
      {status.charAt(0) + status.slice(1).toLowerCase().replaceAll("_", " ")}
    </span>
  );
}
