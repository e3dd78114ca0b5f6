import { Select, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useRequestId } from "../api/useRequestId";
import { type UserList, useListChoices } from "../lists/calls";
import { choiceLabel, choicesOf, searchOf } from "../lists/choices";
import { DialogButtons } from "../ui/DialogButtons";
import { Refusal } from "../ui/Refusal";
import { inFull } from "../ui/times";
import { enrollList } from "./calls";
import { EnrollJob } from "./EnrollJob";

/** Enrolls the present members of a user list, by a job. */
export function EnrollByList({ journeyId, close }: { journeyId: string; close: () => void }) {
  const [search, setSearch] = useState("");
  const [settled] = useDebouncedValue(search, 200);
  const [list, setList] = useState<UserList>();
  const lists = useListChoices(searchOf(settled, list));
  const choices = choicesOf(lists.data ?? [], list);
  const requestId = useRequestId(list?.id);
  const enroll = useMutation({ mutationFn: () => enrollList(journeyId, list!.id, requestId) });

  if (enroll.data) return <EnrollJob journeyId={journeyId} job={enroll.data} close={close} />;
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
      <Refusal error={enroll.error ?? lists.error} />
      <Text size="sm" c="dimmed">
        Everybody who is on the list now. People who are added to it later are not enrolled.
      </Text>
      <DialogButtons
        verb={list ? `Enroll ${inFull(list.members)} ${list.members === 1 ? "user" : "users"}` : "Enroll"}
        run={() => enroll.mutate()}
        ready={list !== undefined}
        busy={enroll.isPending}
        close={close}
      />
    </Stack>
  );
}
