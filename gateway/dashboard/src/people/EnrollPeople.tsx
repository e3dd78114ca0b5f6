import { Alert, Button, Group, Modal, Progress, Select, Stack, Tabs, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { ListChecks, UserPlus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useJob } from "../jobs/calls";
import { JobProgress } from "../jobs/JobProgress";
import { type UserList, useListChoices } from "../lists/calls";
import { choiceLabel, choicesOf, searchOf } from "../lists/choices";
import { IdsInput } from "../ui/IdsInput";
import { inChunks } from "../ui/inChunks";
import { messageOf } from "../ui/States";
import { inFull } from "../ui/times";
import { type EnrollResult, enrollList, enrollUsers, idsPerCall, refreshPeople } from "./calls";
import classes from "./EnrollPeople.module.css";

interface EnrollPeopleProps {
  journeyId: string;
  opened: boolean;
  close: () => void;
}

/** Lets people in by hand: by their ids, from a file, or a whole user list. */
export function EnrollPeople({ journeyId, opened, close }: EnrollPeopleProps) {
  return (
    <Modal opened={opened} onClose={close} title="Enroll people" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Tabs defaultValue="ids" keepMounted={false} variant="pills" className={classes.tabs!}>
        <Tabs.List mb="md">
          <Tabs.Tab value="ids" leftSection={<UserPlus size={14} aria-hidden />}>
            By user id
          </Tabs.Tab>
          <Tabs.Tab value="list" leftSection={<ListChecks size={14} aria-hidden />}>
            A user list
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="ids">
          <ByIds journeyId={journeyId} close={close} />
        </Tabs.Panel>
        <Tabs.Panel value="list">
          <ByList journeyId={journeyId} close={close} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}

function ByIds({ journeyId, close }: { journeyId: string; close: () => void }) {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [done, setDone] = useState(0);
  const stop = useRef(new AbortController());
  // Closing the dialog stops what has not been sent yet.
  useEffect(() => () => stop.current.abort(), []);
  const enroll = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController();
      setDone(0);
      const results: EnrollResult[] = [];
      try {
        await inChunks(
          ids,
          idsPerCall,
          async (chunk) => void results.push(...(await enrollUsers(journeyId, chunk))),
          setDone,
          stop.current.signal,
        );
      } finally {
        await refreshPeople(journeyId);
      }
      return results;
    },
  });

  if (enroll.data) return <Results results={enroll.data} close={close} />;
  return (
    <Stack gap="md">
      <IdsInput onChange={setIds} />
      {enroll.isPending ? <Progress value={(done / ids.length) * 100} aria-label="People sent" /> : null}
      {enroll.error ? (
        <Alert color="red" role="alert" py="xs">
          {done > 0 ? `${inFull(done)} of ${inFull(ids.length)} were sent. ` : ""}
          {messageOf(enroll.error)}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        They begin past the trigger, whether or not they match the audience. People who are already inside stay where
        they are.
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button disabled={ids.length === 0} loading={enroll.isPending} onClick={() => enroll.mutate()}>
          {ids.length === 0 ? "Enroll" : `Enroll ${inFull(ids.length)} ${ids.length === 1 ? "user" : "users"}`}
        </Button>
      </Group>
    </Stack>
  );
}

function Results({ results, close }: { results: readonly EnrollResult[]; close: () => void }) {
  const created = results.filter((result) => result.created).length;
  const failed = results.filter((result) => result.error);
  const before = results.length - created - failed.length;
  return (
    <Stack gap="md" role="status">
      <div className={classes.numbers}>
        <div>
          <strong>{inFull(created)}</strong> newly enrolled
        </div>
        <div>
          <strong>{inFull(before)}</strong> had an enrollment already
        </div>
        <div>
          <strong>{inFull(failed.length)}</strong> refused
        </div>
      </div>
      {failed.length > 0 ? (
        <ul className={classes.failed} tabIndex={0} aria-label="Refused">
          {failed.slice(0, 200).map((result) => (
            <li key={result.userId}>
              <strong>{result.userId}</strong> {result.error?.message}
            </li>
          ))}
        </ul>
      ) : null}
      <Group justify="flex-end">
        <Button onClick={close}>Done</Button>
      </Group>
    </Stack>
  );
}

function ByList({ journeyId, close }: { journeyId: string; close: () => void }) {
  const [search, setSearch] = useState("");
  const [settled] = useDebouncedValue(search, 200);
  const [list, setList] = useState<UserList>();
  const lists = useListChoices(searchOf(settled, list));
  const choices = choicesOf(lists.data ?? [], list);
  const enroll = useMutation({ mutationFn: () => enrollList(journeyId, list!.id) });
  const job = useJob(enroll.data?.id);
  const ended = job.data && job.data.status !== "RUNNING";
  useEffect(() => {
    if (ended) void refreshPeople(journeyId);
  }, [ended, journeyId]);

  if (enroll.data)
    return (
      <Stack gap="md">
        <JobProgress job={job.data ?? enroll.data} label="People on the list" />
        {job.data?.error ? (
          <Alert color="red" role="alert" py="xs">
            {job.data.error}
          </Alert>
        ) : null}
        <Text size="sm" c="dimmed">
          {ended
            ? "Everybody on the list was processed."
            : "This continues in the background when you close it; see Jobs."}
        </Text>
        <Group justify="flex-end">
          <Button onClick={close}>{ended ? "Done" : "Close"}</Button>
        </Group>
      </Stack>
    );
  return (
    <Stack gap="md">
      <Select
        label="User list"
        placeholder="Choose a list"
        searchable
        clearable
        data={choices.map((each) => ({ value: each.id, label: choiceLabel(each) }))}
        value={list?.id ?? null}
        onChange={(id) => setList(choices.find((each) => each.id === id))}
        onSearchChange={setSearch}
        filter={({ options }) => options}
        nothingFoundMessage="No list has this name"
      />
      {enroll.error || lists.error ? (
        <Alert color="red" role="alert" py="xs">
          {messageOf(enroll.error ?? lists.error)}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        Everybody who is on the list now. People who are added to it later are not enrolled.
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button disabled={!list} loading={enroll.isPending} onClick={() => enroll.mutate()}>
          {list ? `Enroll ${inFull(list.members)} ${list.members === 1 ? "user" : "users"}` : "Enroll"}
        </Button>
      </Group>
    </Stack>
  );
}
