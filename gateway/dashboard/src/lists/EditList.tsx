import { Modal, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { DialogForm } from "../ui/DialogForm";
import { fieldError } from "../ui/States";
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
  return (
    <DialogForm
      verb={list ? "Save" : "Create"}
      ready={name.trim() !== ""}
      submit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      close={close}
    >
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
    </DialogForm>
  );
}
