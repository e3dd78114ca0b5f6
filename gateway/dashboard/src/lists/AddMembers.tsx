import { Alert, Modal, Progress, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { DialogButtons } from "../ui/DialogButtons";
import { IdsInput } from "../ui/IdsInput";
import { idsPerCall, inChunks } from "../ui/inChunks";
import { messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { changeMembers, refreshLists, type UserList } from "./calls";

export function AddMembers({ list, opened, close }: { list: UserList; opened: boolean; close: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={`Add members to ${list.name}`}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form list={list} close={close} />
    </Modal>
  );
}

function Form({ list, close }: { list: UserList; close: () => void }) {
  const [ids, setIds] = useState<readonly string[]>([]);
  const [done, setDone] = useState(0);
  const stop = useRef(new AbortController());
  // Closing the dialog cancels the calls that have not been sent yet.
  useEffect(() => () => stop.current.abort(), []);
  const add = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController();
      setDone(0);
      let added = 0;
      try {
        await inChunks(
          ids,
          idsPerCall,
          async (chunk) => {
            added += (await changeMembers(list.id, { add: chunk })).added;
          },
          setDone,
          stop.current.signal,
        );
      } finally {
        await refreshLists();
      }
      return added;
    },
    onSuccess: (added) => {
      toast(
        added === ids.length
          ? `${inFull(added)} added`
          : `${inFull(added)} added; ${inFull(ids.length - added)} were already members`,
      );
      close();
    },
  });
  return (
    <Stack gap="md">
      <IdsInput onChange={setIds} />
      {add.isPending ? (
        <div>
          <Progress value={(done / ids.length) * 100} aria-label="Members added" />
          <Text size="xs" c="dimmed" mt={4}>
            {inFull(done)} of {inFull(ids.length)}
          </Text>
        </div>
      ) : null}
      {add.error ? (
        <Alert color="red" role="alert" py="xs">
          {done > 0 ? `${inFull(done)} of ${inFull(ids.length)} were added. ` : ""}
          {messageOf(add.error)}
        </Alert>
      ) : null}
      <Text size="sm" c="dimmed">
        Users who are not known yet become known. Adding somebody twice changes nothing.
      </Text>
      <DialogButtons
        verb={ids.length === 0 ? "Add" : `Add ${inFull(ids.length)} ${ids.length === 1 ? "member" : "members"}`}
        run={() => add.mutate()}
        ready={ids.length > 0}
        busy={add.isPending}
        cancel={add.isPending ? "Stop" : "Cancel"}
        close={close}
      />
    </Stack>
  );
}
