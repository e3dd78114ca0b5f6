import type { JsonObject } from "@bufbuild/protobuf";
import { Autocomplete, Button, Checkbox, NativeSelect, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Eye } from "lucide-react";
import type { ContentJson } from "../../contract/journeys/graph/v1/graph_pb";
import { type ContentType, contentTypes } from "../../graph/nodes/content";
import { suggestionsOf } from "../../graph/suggestions";
import { DurationInput } from "../../ui/DurationInput";
import { ContentEditor } from "../content/ContentEditor";
import { BasicFields } from "../content/ContentFields";
import { fitting } from "../content/fields";
import { JsonInput } from "./JsonInput";
import type { NodeFormProps } from "./props";

export function ContentForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const content = node.content ?? {};
  const payload = content.payload ?? {};
  const type = content.contentType as ContentType;
  const set = (part: Partial<ContentJson>, about: string) =>
    change({ ...node, content: { ...content, ...part } }, about);
  const put = (next: JsonObject, about: string) => set({ payload: next }, about);
  const faultOfPayload = (path: string) => fault(`content.payload.${path}`);
  const [opened, { open, close }] = useDisclosure(false);
  const offered = suggestionsOf(graph).contents ?? [];
  return (
    <Stack gap="md">
      <NativeSelect
        label="Content type"
        data={Object.entries(contentTypes).map(([value, label]) => ({ value, label }))}
        value={type}
        disabled={readOnly}
        onChange={({ currentTarget }) => {
          const contentType = currentTarget.value as ContentType;
          set({ contentType, ...(content.payload && { payload: fitting(contentType, payload) }) }, "type");
        }}
      />
      <Autocomplete
        label="Content id"
        description={type === "FLOW" ? "The flow that your own player shows" : "Rules refer to the content by this id"}
        placeholder="welcome"
        maxLength={128}
        data={[...offered]}
        value={content.contentId ?? ""}
        readOnly={readOnly}
        error={fault("content.contentId")}
        onChange={(contentId) => set({ contentId }, "contentId")}
      />
      {type === "FLOW" ? (
        <JsonInput
          label="Everything for the renderer, as JSON"
          value={payload}
          readOnly={readOnly}
          onChange={(next) => put(next, "payload")}
        />
      ) : (
        <>
          <BasicFields type={type} payload={payload} readOnly={readOnly} change={put} fault={faultOfPayload} />
          <Button variant="default" leftSection={<Eye size={15} aria-hidden />} onClick={open}>
            {readOnly ? "All fields, with a preview" : "Edit all fields, with a preview"}
          </Button>
          <ContentEditor
            title={node.name || content.contentId || "Content"}
            type={type}
            payload={payload}
            readOnly={readOnly}
            change={put}
            fault={faultOfPayload}
            opened={opened}
            close={close}
          />
        </>
      )}
      <Checkbox
        label="Give up after a time"
        description="After that, people take the timeout branch"
        checked={content.expireAfter !== undefined}
        disabled={readOnly}
        onChange={({ currentTarget: { checked } }) => {
          const { expireAfter: _, ...rest } = content;
          change({ ...node, content: checked ? { ...rest, expireAfter: "604800s" } : rest }, "");
        }}
      />
      {content.expireAfter === undefined ? null : (
        <DurationInput
          label="Offered for at most"
          value={content.expireAfter}
          disabled={readOnly}
          error={fault("content.expireAfter")}
          onChange={(expireAfter) => set({ expireAfter }, "expireAfter")}
        />
      )}
    </Stack>
  );
}
