import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import { type Job, useJob } from "../jobs/calls";
import { JobProgress } from "../jobs/JobProgress";
import { refreshPeople } from "./calls";

interface Props {
  journeyId: string;
  /** The job as it was when it started. */
  job: Job;
  /** The people whom it processes. */
  label: string;
  /** The message when it has completed, and when it has not. */
  completed: string;
  broken: string;
  close: () => void;
}

/** Shows the progress of a job on people of a journey. */
export function PeopleJob({ journeyId, job: begun, label, completed, broken, close }: Props) {
  const job = useJob(begun.id).data ?? begun;
  const ended = job.status !== "RUNNING";
  useEffect(() => {
    if (ended) void refreshPeople(journeyId);
  }, [ended, journeyId]);
  return (
    <Stack gap="md">
      <JobProgress job={job} label={label} />
      {job.error ? (
        <Alert color="red" role="alert" py="xs">
          {job.error}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        {!ended
          ? "This continues in the background when you close it; see Jobs."
          : job.status === "COMPLETED"
            ? completed
            : broken}
      </Text>
      <Group justify="flex-end">
        <Button onClick={close}>{ended ? "Done" : "Close"}</Button>
      </Group>
    </Stack>
  );
}
