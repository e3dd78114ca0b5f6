import type { Job } from "../jobs/calls";
import { PeopleJob } from "./PeopleJob";

/** Shows the progress of a job that enrolls a list. */
export const EnrollJob = (of: { journeyId: string; job: Job; close: () => void }) => (
  <PeopleJob
    {...of}
    label="People on the list"
    completed="Everybody on the list was processed."
    broken="It ended before everybody on the list was processed."
  />
);
