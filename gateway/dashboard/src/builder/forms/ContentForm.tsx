import type { JsonObject } from "@bufbuild/protobuf";
import { Autocomplete, Checkbox, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import type { ContentJson } from "../../contract/journeys/graph/v1/graph_pb";
import { contentTypes } from "../../graph/nodes/content";
import { suggestionsOf } from "../../graph/suggestions";
import { DurationInput } from "../../ui/DurationInput";
import { JsonInput } from "./JsonInput";
import { ListOfPayload } from "./ListOfPayload";
import type { NodeFormProps } from "./props";

const styles: Partial<Record<keyof typeof contentTypes, { value: string; label: string }[]>> = {
  ANNOUNCEMENT: [
    { value: "modal", label: "Dialog" },
    { value: "banner", label: "Banner" },
  ],
  SURVEY: [
    { value: "modal", label: "Dialog" },
    { value: "corner", label: "In the corner" },
  ],
};

export function ContentForm({ node, graph, readOnly, change, fault }: NodeFormProps) {
  const content = node.content ?? {};
  const payload = content.payload ?? {};
  const type = content.contentType as keyof typeof contentTypes;
  const set = (part: Partial<ContentJson>, about: string) =>
    change({ ...node, content: { ...content, ...part } }, about);
  const say = (part: JsonObject, about: string) => set({ payload: withoutEmpty({ ...payload, ...part }) }, about);
  const text = (key: string) => (typeof payload[key] === "string" ? payload[key] : "");
  const offered = suggestionsOf(graph).contents ?? [];
  const isAnchored = type === "TOOLTIP" || type === "BEACON";
  return (
    <Stack gap="md">
      <NativeSelect
        label="Content type"
        data={Object.entries(contentTypes).map(([value, label]) => ({ value, label }))}
        value={type}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => set({ contentType: value as keyof typeof contentTypes }, "type")}
      />
      <Autocomplete
        label="Content id"
        description={type === "FLOW" ? "The flow that your own player shows" : "Rules ask for it by this id"}
        placeholder="welcome"
        maxLength={128}
        data={[...offered]}
        value={content.contentId ?? ""}
        readOnly={readOnly}
        error={fault("content.contentId")}
        onChange={(contentId) => set({ contentId }, "contentId")}
      />
      {type === "FLOW" ? null : (
        <>
          <TextInput
            label="Title"
            value={text("title")}
            readOnly={readOnly}
            onChange={({ currentTarget: { value } }) => say({ title: value }, "title")}
          />
          {type === "TASK_LIST" ? null : (
            <Textarea
              label="Text"
              autosize
              minRows={2}
              value={text("body")}
              readOnly={readOnly}
              onChange={({ currentTarget: { value } }) => say({ body: value }, "body")}
            />
          )}
          {styles[type] ? (
            <NativeSelect
              label="Shown as"
              data={styles[type]}
              value={text("style") || "modal"}
              disabled={readOnly}
              onChange={({ currentTarget: { value } }) => say({ style: value }, "style")}
            />
          ) : null}
          {isAnchored ? (
            <TextInput
              label="Beside the element"
              description="A CSS selector in the page; host >>> inner looks into a component"
              placeholder="#save"
              value={text("selector")}
              readOnly={readOnly}
              onChange={({ currentTarget: { value } }) => say({ selector: value }, "selector")}
            />
          ) : null}
          {type === "SURVEY" ? (
            <ListOfPayload
              kind="questions"
              items={payload.questions}
              readOnly={readOnly}
              change={(items, about) => say({ questions: items }, about)}
            />
          ) : null}
          {type === "TASK_LIST" ? (
            <ListOfPayload
              kind="tasks"
              items={payload.tasks}
              readOnly={readOnly}
              change={(items, about) => say({ tasks: items }, about)}
            />
          ) : null}
        </>
      )}
      <Checkbox
        label="Give up after a time"
        description="Then people take the branch called timeout"
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
      <JsonInput
        label="Everything for the renderer, as JSON"
        value={payload}
        readOnly={readOnly}
        onChange={(next) => set({ payload: next }, "payload")}
      />
    </Stack>
  );
}

/** A text that was emptied is as if it had never been there. */
function withoutEmpty(payload: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== ""));
}
