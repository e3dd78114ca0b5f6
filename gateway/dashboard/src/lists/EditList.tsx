import { Alert, Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { fieldError, messageOf } from "../ui/States";
import { changeList, createList, type UserList } from "./calls";

interface EditListProps {
  /** The list to rename; nothing for a new one. */
  list?: UserList;
  opened: boolean;
  close: () => void;
}

export function EditList({ list, opened, close }: EditListProps) {
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={list ? "Rename list" : "Create list"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Form list={list} close={close} />
    </Modal>
  );
}

function Form({ list, close }: { list: UserList | undefined; close: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState(list?.name ?? "");
  const [description, setDescription] = useState(list?.description ?? "");
  const save = useMutation({
    mutationFn: () =>
      list ? changeList(list.id, name.trim(), description.trim()) : createList(name.trim(), description.trim()),
    onSuccess: (saved) => (list ? close() : navigate(`/lists/${saved.id}`)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          required
          data-autofocus
          maxLength={255}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(save.error, "name")}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          maxLength={4096}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          error={fieldError(save.error, "description")}
        />
        {save.error ? (
          <Alert color="red" role="alert" py="xs">
            {messageOf(save.error)}
          </Alert>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
            {list ? "Save" : "Create"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
