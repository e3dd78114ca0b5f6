import type { JsonObject } from "@bufbuild/protobuf";
import { Modal, Stack } from "@mantine/core";
import { useState } from "react";
import type { ContentType } from "../../graph/nodes/content";
import { JsonInput } from "../forms/JsonInput";
import classes from "./Content.module.css";
import { AllFields } from "./ContentFields";
import { ContentPreview } from "./ContentPreview";
import { Languages } from "./Languages";
import { languagesOf } from "./texts";

interface Props {
  title: string;
  type: ContentType;
  payload: JsonObject;
  readOnly: boolean;
  change: (payload: JsonObject, about: string) => void;
  /** Returns what is wrong with a field of the payload, by its path. */
  fault: (path: string) => string | undefined;
  opened: boolean;
  close: () => void;
}

/** Edits the whole payload of a content node, beside a preview. */
export function ContentEditor({ title, type, payload, readOnly, change, fault, opened, close }: Props) {
  const [chosen, choose] = useState("");
  // An undo may have removed the chosen language.
  const language = languagesOf(payload).includes(chosen) ? chosen : "";
  return (
    <Modal opened={opened} onClose={close} title={title} size={1240} classNames={{ body: classes.editor! }}>
      <Stack gap="xl" className={classes.form!} data-readonly={readOnly || undefined}>
        <AllFields type={type} payload={payload} readOnly={readOnly} change={change} fault={fault} />
        <Languages
          type={type}
          payload={payload}
          readOnly={readOnly}
          language={language}
          choose={choose}
          change={change}
        />
        <JsonInput
          label="Everything for the renderer, as JSON"
          value={payload}
          readOnly={readOnly}
          onChange={(next) => change(next, "payload")}
        />
      </Stack>
      <ContentPreview type={type} payload={payload} language={language} />
    </Modal>
  );
}
