import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useEffect } from "react";
import { type Job, useJob } from "../jobs/calls";
import { JobProgress } from "../jobs/JobProgress";
import { refreshPeople } from "./calls";

interface EnrollJobProps {
  journeyId: string;
  /** As it was when it began. */
  job: Job;
  close: () => void;
}

/** The enrollment of a list as it goes on in the background. */
export function EnrollJob({ journeyId, job: begun, close }: EnrollJobProps) {
  const job = useJob(begun.id).data ?? begun;
  const ended = job.status !== "RUNNING";
  useEffect(() => {
    if (ended) void refreshPeople(journeyId);
  }, [ended, journeyId]);
  return (
    <Stack gap="md">
      <JobProgress job={job} label="People on the list" />
      {job.error ? (
        <Alert color="red" role="alert" py="xs">
          {job.error}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        {!ended
          ? "This continues in the background when you close it; see Jobs."
          : job.status === "COMPLETED"
            ? "Everybody on the list was processed."
            : "It ended before everybody on the list was processed."}
      </Text>
      <Group justify="flex-end">
        <Button onClick={close}>{ended ? "Done" : "Close"}</Button>
      </Group>
    </Stack>
  );
}
