import { Alert, Progress, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useRequestId } from "../api/useRequestId";
import type { Job } from "../jobs/calls";
import { changeMembers, createList } from "../lists/calls";
import { DialogButtons } from "../ui/DialogButtons";
import { IdsInput } from "../ui/IdsInput";
import { idsPerCall, inChunks } from "../ui/inChunks";
import { messageOf } from "../ui/States";
import { exact, inFull } from "../ui/times";
import { type EnrollResult, enrollList, enrollUsers, refreshPeople } from "./calls";
import { EnrollJob } from "./EnrollJob";
import { EnrollResults } from "./EnrollResults";

interface Props {
  journeyId: string;
  close: () => void;
}

/** Enrolls people by their ids: directly if one call takes all of them, otherwise by a job. */
export function EnrollByIds({ journeyId, close }: Props) {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [done, setDone] = useState(0);
  const requestId = useRequestId(ids);
  const [opened] = useState(() => exact(new Date().toISOString()));
  const isLong = ids.length > idsPerCall;
  const stop = useRef(new AbortController());
  // Closing the dialog cancels the calls that have not been sent yet.
  useEffect(() => () => stop.current.abort(), []);
  const enroll = useMutation({
    mutationFn: async (): Promise<{ results: readonly EnrollResult[] } | { job: Job }> => {
      if (!isLong) {
        const results = await enrollUsers(journeyId, ids);
        await refreshPeople(journeyId);
        return { results };
      }
      stop.current = new AbortController();
      setDone(0);
      // The name is the same when the click is repeated, and different for other ids.
      const name = `Import of ${opened} (${requestId.slice(0, 4)})`;
      const list = await createList(name, "Enrolled by their ids", requestId);
      const send = async (chunk: readonly string[]) => void (await changeMembers(list.id, { add: chunk }));
      await inChunks(ids, idsPerCall, send, setDone, stop.current.signal);
      return { job: await enrollList(journeyId, list.id, requestId) };
    },
  });

  if (enroll.data && "job" in enroll.data)
    return <EnrollJob journeyId={journeyId} job={enroll.data.job} close={close} />;
  if (enroll.data) return <EnrollResults results={enroll.data.results} close={close} />;
  return (
    <Stack gap="md">
      <IdsInput onChange={setIds} />
      {enroll.isPending && isLong ? <Progress value={(done / ids.length) * 100} aria-label="People sent" /> : null}
      {enroll.error ? (
        <Alert color="red" role="alert" py="xs">
          {done > 0 ? `${inFull(done)} of ${inFull(ids.length)} were sent, and nobody is enrolled yet. ` : ""}
          {messageOf(enroll.error)}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        They start after the trigger, whether or not they match the audience. People who are already inside stay where
        they are.
        {isLong ? " More than 1,000 are put on a new user list first; a job enrolls them, even if you close this." : ""}
      </Text>
      <DialogButtons
        verb={ids.length === 0 ? "Enroll" : `Enroll ${inFull(ids.length)} ${ids.length === 1 ? "user" : "users"}`}
        run={() => enroll.mutate()}
        ready={ids.length > 0}
        busy={enroll.isPending}
        close={close}
      />
    </Stack>
  );
}
