import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { roleInWords, roles } from "../account/roles";
import { useConfirm } from "../ui/Confirm";
import { CopyText } from "../ui/CopyText";
import { DialogForm } from "../ui/DialogForm";
import { NameField } from "../ui/NameFields";
import { type Column, DataTable } from "../ui/PagedTable";
import { Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";
import { Empty, Failed } from "../ui/States";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { createKey, type Key, revokeKey, useKeys } from "./calls";

/** Manages the keys of programs. A new key is shown once. */
export function Keys({ siteId }: { siteId: string }) {
  const keys = useKeys(siteId);
  const confirm = useConfirm();
  const [creating, setCreating] = useState(false);
  const revoke = (key: Key) =>
    confirm({
      title: `Revoke ${key.name}?`,
      body:
        key.kind === "PUBLISHABLE"
          ? "Pages that use this key stop working with journeys within seconds: nobody there can enter or continue. " +
            "This cannot be undone."
          : "Programs that use this key are refused within seconds. This cannot be undone.",
      confirm: "Revoke",
      dangerous: true,
      run: () => revokeKey(siteId, key.id).then(() => toast(`${key.name} is revoked`)),
    });
  const columns: Column<Key>[] = [
    { title: "Name", cell: (key) => <span className={key.revokeTime ? classes.gone : classes.name}>{key.name}</span> },
    { title: "Key", width: 150, cell: (key) => <code className={classes.code}>{key.prefix}…</code> },
    {
      title: "Opens",
      width: 190,
      cell: (key) => (key.kind === "PUBLISHABLE" ? "/sdk, from pages" : `/api and /sdk, as ${roleInWords(key.role)}`),
    },
    { title: "Created", width: 120, cell: (key) => <Time value={key.createTime} /> },
    { title: "Last used", width: 120, cell: (key) => <Time value={key.useTime} missing="never" /> },
    {
      title: "Actions",
      bare: true,
      width: 100,
      cell: (key) =>
        key.revokeTime ? (
          <span className={classes.gone}>revoked</span>
        ) : (
          <Button size="compact-xs" variant="default" aria-label={`Revoke ${key.name}`} onClick={() => revoke(key)}>
            Revoke
          </Button>
        ),
    },
  ];
  if (keys.error && !keys.data) return <Failed error={keys.error} retry={() => void keys.refetch()} />;
  return (
    <Panel
      title="Keys"
      about="Publishable keys can be used in pages and can call /sdk only. Secret keys are for your servers."
      flush
      actions={
        <Button size="xs" leftSection={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
          Create key
        </Button>
      }
    >
      {keys.data?.length === 0 ? (
        <Empty title="No keys yet" icon={<KeyRound size={20} />}>
          Create a publishable one for your pages, and a secret one for your servers.
        </Empty>
      ) : (
        <DataTable label="Keys of this site" rows={keys.data} columns={columns} rowKey={(key) => key.id} />
      )}
      <Modal
        opened={creating}
        onClose={() => setCreating(false)}
        title="Create key"
        size="lg"
        closeOnClickOutside={false}
      >
        <Create siteId={siteId} close={() => setCreating(false)} />
      </Modal>
    </Panel>
  );
}

function Create({ siteId, close }: { siteId: string; close: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"PUBLISHABLE" | "SECRET">("PUBLISHABLE");
  const [role, setRole] = useState<"VIEWER" | "EDITOR" | "ADMIN">("EDITOR");
  const create = useMutation({
    mutationFn: () => createKey(siteId, { name: name.trim(), kind, ...(kind === "SECRET" ? { role } : {}) }),
  });
  if (create.data)
    return (
      <Stack gap="md">
        <Text size="sm">Copy the key now. Only a fingerprint of it is stored, so it cannot be shown again.</Text>
        <CopyText label="The new key" text={create.data.secret} />
        <Group justify="flex-end">
          <Button onClick={close}>I have copied it</Button>
        </Group>
      </Stack>
    );
  return (
    <DialogForm
      verb="Create"
      ready={name.trim() !== ""}
      submit={() => create.mutate()}
      busy={create.isPending}
      error={create.error}
      fields={["name"]}
      close={close}
    >
      <NameField about="What it is for" value={name} onChange={setName} error={create.error} />
      <Select
        label="Kind"
        allowDeselect={false}
        value={kind}
        onChange={(value) => setKind(value as typeof kind)}
        data={[
          { value: "PUBLISHABLE", label: "Publishable: for pages, can call /sdk" },
          { value: "SECRET", label: "Secret: for servers, can call /api and /sdk" },
        ]}
      />
      {kind === "SECRET" ? (
        <Select
          label="May"
          allowDeselect={false}
          data={roles}
          value={role}
          onChange={(value) => setRole(value as typeof role)}
        />
      ) : null}
    </DialogForm>
  );
}
