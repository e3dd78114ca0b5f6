import { ActionIcon, Alert, Menu, Modal, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { Copy, MoreHorizontal, Pencil, Trash2, X } from "lucide-react";
import { useState } from "react";
import type { Problem } from "../draft/calls";
import { problemWords } from "../draft/problemWords";
import type { RootProblem } from "../draft/rootProblems";
import { type Graph, isSlug, type Node } from "../graph/graph";
import { KindIcon } from "../graph/KindIcon";
import { infoOf } from "../graph/nodes";
import { DialogButtons } from "../ui/DialogButtons";
import { forms } from "./forms";
import classes from "./Properties.module.css";
import { WaysOut } from "./WaysOut";

interface NodePropertiesProps {
  node: Node;
  graph: Graph;
  problems: readonly Problem[];
  /** The causes of these problems, for display. */
  roots: readonly RootProblem[];
  close: () => void;
  /** Absent in read-only mode, like the callbacks below. */
  change?: (node: Node, about: string) => void;
  rename?: (id: string) => void;
  remove?: () => void;
  duplicate?: () => void;
  lead?: (branch: string, target: string) => void;
}

export function NodeProperties({
  node,
  graph,
  problems,
  roots,
  close,
  change,
  rename,
  remove,
  duplicate,
  lead,
}: NodePropertiesProps) {
  const { kind, label, about, icon, color } = infoOf(node);
  const Form = forms[kind];
  const readOnly = change === undefined;
  const fault = (field: string) => {
    const problem = problems.find((each) => each.field.endsWith(`].${field}`));
    return problem && problemWords(problem);
  };
  return (
    <section className={classes.panel} aria-labelledby="properties-title" data-readonly={readOnly || undefined}>
      <header className={classes.head}>
        <KindIcon icon={icon} color={color} />
        <div className={classes.words}>
          <h2 id="properties-title" className={classes.title}>
            {label}
          </h2>
          <p className={classes.about}>{about}</p>
        </div>
        {readOnly ? null : (
          <NodeMenu node={node} graph={graph} rename={rename!} remove={remove!} duplicate={duplicate!} />
        )}
        <Tooltip label="Close">
          <ActionIcon aria-label="Close the properties" onClick={close}>
            <X size={16} />
          </ActionIcon>
        </Tooltip>
      </header>
      {roots.length > 0 ? (
        <Alert color={roots.every((root) => root.isUnfinished) ? "gray" : "red"} py={8} px={12}>
          <ul className={classes.problems}>
            {roots.map(({ problem, words }) => (
              <li key={problem.field + problem.code + problem.message}>{words}</li>
            ))}
          </ul>
        </Alert>
      ) : null}
      <Stack gap="md">
        <TextInput
          label="Name"
          placeholder={label}
          maxLength={255}
          value={node.name}
          readOnly={readOnly}
          onChange={(event) => change?.({ ...node, name: event.currentTarget.value }, "name")}
        />
        <Form node={node} graph={graph} readOnly={readOnly} change={change ?? (() => {})} fault={fault} />
        <WaysOut node={node} graph={graph} {...(lead ? { lead } : {})} />
        <Text size="xs" c="dimmed">
          Id <code className={classes.id}>{node.id}</code>
        </Text>
      </Stack>
    </section>
  );
}

interface NodeMenuProps {
  node: Node;
  graph: Graph;
  rename: (id: string) => void;
  remove: () => void;
  duplicate: () => void;
}

function NodeMenu({ node, graph, rename, remove, duplicate }: NodeMenuProps) {
  const [renaming, setRenaming] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="Actions for this node">
            <MoreHorizontal size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={14} aria-hidden />} onClick={() => setRenaming(true)}>
            Change the id
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={14} aria-hidden />} onClick={duplicate}>
            Duplicate
          </Menu.Item>
          <Menu.Item color="red" leftSection={<Trash2 size={14} aria-hidden />} onClick={remove}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={renaming}
        onClose={() => setRenaming(false)}
        title="Change the id"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <RenameForm node={node} graph={graph} rename={rename} close={() => setRenaming(false)} />
      </Modal>
    </>
  );
}

function RenameForm({
  node,
  graph,
  rename,
  close,
}: {
  node: Node;
  graph: Graph;
  rename: (id: string) => void;
  close: () => void;
}) {
  const [id, setId] = useState(node.id);
  const isTaken = id !== node.id && graph.nodes.some((each) => each.id === id);
  const fault = !isSlug(id) ? "1 to 64 letters, digits, _ or -" : isTaken ? "Another node has this id" : undefined;
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Rules read answers as <code className={classes.id}>journey.{node.id}.…</code>, and analytics counts by id. For
        both, a node with a new id is a new node.
      </Text>
      <TextInput
        label="Id"
        value={id}
        error={fault}
        data-autofocus
        maxLength={64}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <DialogButtons
        verb="Change"
        run={() => {
          rename(id);
          close();
        }}
        ready={fault === undefined && id !== node.id}
        close={close}
      />
    </Stack>
  );
}
