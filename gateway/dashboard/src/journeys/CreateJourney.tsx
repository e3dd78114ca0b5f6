import { Modal, Radio } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useRequestId } from "../api/useRequestId";
import type { CreateJourneyRequestJson } from "../contract/journeys/definition/v1/definition_service_pb";
import { createJourney } from "../draft/calls";
import { DialogForm } from "../ui/DialogForm";
import { DescriptionField, NameField } from "../ui/NameFields";
import classes from "./CreateJourney.module.css";
import { type Template, templates } from "./templates";

export function CreateJourney({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Create New Journey" size="lg">
      <Form close={close} />
    </Modal>
  );
}

function Form({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [chosen, setChosen] = useState("blank");
  const requestId = useRequestId(name, description, chosen);
  const create = useMutation({
    mutationFn: async () =>
      createJourney({
        requestId,
        ...(await arranged(templates.find(({ id }) => id === chosen)!)),
        name: name.trim(),
        description: description.trim(),
      }),
    onSuccess: (journey) => navigate(`/journeys/${journey.id}/build`),
  });
  return (
    <DialogForm
      verb="Create"
      submit={() => create.mutate()}
      busy={create.isPending}
      error={create.error}
      fields={["name", "description"]}
      close={close}
    >
      <NameField value={name} onChange={setName} error={create.error} />
      <DescriptionField value={description} onChange={setDescription} error={create.error} />
      <Radio.Group label="Begin with" value={chosen} onChange={setChosen}>
        <div className={classes.templates}>
          {templates.map((template) => (
            <Radio.Card key={template.id} value={template.id} className={classes.template!}>
              <span className={classes.head}>
                <Radio.Indicator size="xs" />
                <span className={classes.title}>{template.name}</span>
              </span>
              <span className={classes.about}>{template.about}</span>
              <span className={classes.size}>
                {template.design.graph ? `${template.design.graph.nodes?.length} nodes` : "No nodes"}
              </span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
    </DialogForm>
  );
}

/** Returns a template with positions for its nodes. Loads the layout code only here. */
async function arranged({ design }: Template): Promise<CreateJourneyRequestJson> {
  if (!design.graph) return design;
  const [{ arrange }, { readGraph, writeGraph }] = await Promise.all([
    import("../graph/layout"),
    import("../graph/graph"),
  ]);
  return { ...design, graph: writeGraph(arrange(readGraph(design.graph))) };
}
