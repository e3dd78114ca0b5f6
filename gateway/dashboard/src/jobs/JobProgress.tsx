import { Progress } from "@mantine/core";
import { inFull, inWords } from "../ui/times";
import { type Job, usePace } from "./calls";
import classes from "./JobProgress.module.css";
import { percentOf } from "./progress";

/** Shows the progress of a job, its speed and the remaining time. */
export function JobProgress({ job, label }: { job: Job; label: string }) {
  const pace = usePace(job);
  const percent = percentOf(job);
  const running = job.status === "RUNNING";
  const color = { COMPLETED: "teal.7", FAILED: "red.7", CANCELLED: "gray.6" }[job.status as string] ?? "brand";
  return (
    <div className={classes.job}>
      <Progress.Root size={6}>
        <Progress.Section
          value={percent ?? (running ? 100 : 0)}
          color={color}
          striped={percent === undefined && running}
          animated={percent === undefined && running}
          aria-label={label}
        />
      </Progress.Root>
      <div className={classes.numbers}>
        <span>
          {inFull(job.done)}
          {job.total > 0 ? ` of ${inFull(job.total)}` : ""}
        </span>
        {running && pace ? <span>{inFull(Math.round(pace.perSecond))}/s</span> : null}
        {running && pace?.left !== undefined ? (
          <span>{pace.left < 1 ? "nearly done" : `${inWords(Math.ceil(pace.left))} left`}</span>
        ) : null}
        {running ? null : <span>{inFull(job.changed)} changed</span>}
      </div>
    </div>
  );
}
