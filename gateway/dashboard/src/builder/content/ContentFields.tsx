import type { JsonObject } from "@bufbuild/protobuf";
import { Checkbox, NativeSelect, Stack, Textarea, TextInput, Title } from "@mantine/core";
import type { ContentType } from "../../graph/nodes/content";
import { ListOfPayload } from "../forms/ListOfPayload";
import { fieldsOf, type PayloadField } from "./fields";
import { textAt, valueAt, withValue } from "./payload";
import { followed } from "./texts";

interface Props {
  type: ContentType;
  payload: JsonObject;
  readOnly: boolean;
  /** `about` names the changed field. */
  change: (payload: JsonObject, about: string) => void;
  /** Returns what is wrong with a field of the payload, by its path. */
  fault: (path: string) => string | undefined;
}

const lists = { SURVEY: "questions", TASK_LIST: "tasks" } as const;
const sections = ["Words", "Appearance", "Buttons"] as const;

/** The fields of a payload that can be edited beside the canvas. */
export function BasicFields({ type, payload, readOnly, change: put, fault }: Props) {
  const change = following(payload, put);
  return (
    <>
      {fieldsOf(type)
        .filter((field) => field.isBasic)
        .map((field) => (
          <Field
            key={field.path.join()}
            field={field}
            payload={payload}
            readOnly={readOnly}
            change={change}
            fault={fault}
          />
        ))}
      <List type={type} payload={payload} readOnly={readOnly} change={change} />
    </>
  );
}

/** All fields of a payload that the SDK's renderer reads. */
export function AllFields({ type, payload, readOnly, change: put, fault }: Props) {
  const change = following(payload, put);
  return (
    <>
      {sections.map((section) => {
        const fields = fieldsOf(type).filter((field) => field.section === section && (field.when?.(payload) ?? true));
        const list = section === "Words" && type in lists;
        return fields.length === 0 && !list ? null : (
          <Stack key={section} gap="md" component="section" aria-label={section}>
            <Title order={3}>{section}</Title>
            {fields.map((field) => (
              <Field
                key={field.path.join()}
                field={field}
                payload={payload}
                readOnly={readOnly}
                change={change}
                fault={fault}
              />
            ))}
            {list ? <List type={type} payload={payload} readOnly={readOnly} change={change} isWhole /> : null}
          </Stack>
        );
      })}
    </>
  );
}

// Updates the languages too, because they repeat lists and buttons of the default language.
const following =
  (payload: JsonObject, change: Props["change"]): Props["change"] =>
  (next, about) =>
    change(followed(payload, next), about);

function List({ type, payload, readOnly, change, isWhole = false }: Omit<Props, "fault"> & { isWhole?: boolean }) {
  const kind = type in lists ? lists[type as keyof typeof lists] : undefined;
  return kind ? (
    <ListOfPayload
      kind={kind}
      items={payload[kind]}
      readOnly={readOnly}
      isWhole={isWhole}
      change={(items, about) => change({ ...payload, [kind]: items }, about)}
    />
  ) : null;
}

function Field({
  field: { path, label, kind, description, placeholder, options, otherwise = false },
  payload,
  readOnly,
  change,
  fault,
}: Omit<Props, "type"> & { field: PayloadField }) {
  const error = fault(path.join("."));
  const put = (value: string | boolean | undefined) => change(withValue(payload, path, value), path.join("."));
  const text = {
    label,
    description,
    placeholder,
    value: textAt(payload, path),
    readOnly,
    error,
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) => put(value),
  };
  switch (kind) {
    case "text":
      return <TextInput {...text} />;
    case "long":
      return <Textarea {...text} autosize minRows={2} />;
    case "choice":
      return (
        <NativeSelect
          label={label}
          data={[...options!]}
          value={text.value || options![0]!.value}
          disabled={readOnly}
          error={error}
          onChange={({ currentTarget: { value } }) => put(value)}
        />
      );
    case "flag":
      return (
        <Checkbox
          label={label}
          checked={(valueAt(payload, path) ?? otherwise) === true}
          disabled={readOnly}
          onChange={({ currentTarget: { checked } }) => put(checked === otherwise ? undefined : checked)}
        />
      );
  }
}
