import type { Job } from "../jobs/calls";
import { PeopleJob } from "./PeopleJob";

/** The enrollment of a list as it goes on in the background. */
export const EnrollJob = (of: { journeyId: string; job: Job; close: () => void }) => (
  <PeopleJob
    {...of}
    label="People on the list"
    completed="Everybody on the list was processed."
    broken="It ended before everybody on the list was processed."
  />
);
