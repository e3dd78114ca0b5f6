import { Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useRequestId } from "../api/useRequestId";
import { DialogForm } from "../ui/DialogForm";
import { DescriptionField, NameField } from "../ui/NameFields";
import { changeList, createList, type UserList } from "./calls";

interface EditListProps {
  /** The list to rename; undefined for a new one. */
  list?: UserList;
  opened: boolean;
  close: () => void;
}

export function EditList({ list, opened, close }: EditListProps) {
  return (
    <Modal opened={opened} onClose={close} title={list ? "Rename list" : "Create list"}>
      <Form list={list} close={close} />
    </Modal>
  );
}

function Form({ list, close }: { list: UserList | undefined; close: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState(list?.name ?? "");
  const [description, setDescription] = useState(list?.description ?? "");
  const requestId = useRequestId(name, description);
  const save = useMutation({
    mutationFn: () =>
      list
        ? changeList(list.id, name.trim(), description.trim())
        : createList(name.trim(), description.trim(), requestId),
    onSuccess: (saved) => (list ? close() : navigate(`/lists/${saved.id}`)),
  });
  return (
    <DialogForm
      verb={list ? "Save" : "Create"}
      ready={name.trim() !== ""}
      submit={() => save.mutate()}
      busy={save.isPending}
      error={save.error}
      fields={["name", "description"]}
      close={close}
    >
      <NameField value={name} onChange={setName} error={save.error} />
      <DescriptionField value={description} onChange={setDescription} error={save.error} />
    </DialogForm>
  );
}
