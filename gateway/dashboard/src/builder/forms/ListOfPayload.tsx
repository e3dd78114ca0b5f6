import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ActionIcon, Button, Input, NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { Plus, Trash2 } from "lucide-react";
import { freeId } from "../../graph/graph";
import classes from "../Properties.module.css";
import { nameOf, optionsNamed } from "./options";

const questionTypes = [
  { value: "text", label: "Free text" },
  { value: "single", label: "One choice" },
  { value: "multiple", label: "Several choices" },
  { value: "rating", label: "Rating" },
  { value: "nps", label: "NPS, 0 to 10" },
];

interface ListOfPayloadProps {
  kind: "questions" | "tasks";
  items: JsonValue | undefined;
  readOnly: boolean;
  change: (items: JsonObject[], about: string) => void;
}

/** The questions of a survey, or the tasks of a task list. */
export function ListOfPayload({ kind, items: given, readOnly, change }: ListOfPayloadProps) {
  const items = (Array.isArray(given) ? given : []).filter(
    (item): item is JsonObject => item !== null && typeof item === "object" && !Array.isArray(item),
  );
  const isSurvey = kind === "questions";
  const noun = isSurvey ? "question" : "task";
  const put = (i: number, part: JsonObject, about: string) =>
    change(
      items.map((item, at) => (at === i ? { ...item, ...part } : item)),
      `${noun} ${i} ${about}`,
    );
  const add = () =>
    change(
      [
        ...items,
        {
          id: freeId(
            noun,
            items.map((item) => String(item.id)),
          ),
          ...(isSurvey ? { type: "text" } : {}),
          label: "",
        },
      ],
      "",
    );
  return (
    <Input.Wrapper
      label={isSurvey ? "Questions" : "Tasks"}
      description={isSurvey ? "Rules read the answers as journey.<node>.<question>" : undefined}
      labelElement="div"
    >
      {items.map((item, i) => (
        <div key={i} className={classes.box} style={{ marginTop: 6 }} role="group" aria-label={`${noun} ${i + 1}`}>
          <div className={classes.boxHead}>
            <TextInput
              aria-label="Label"
              placeholder={isSurvey ? "What do you want to know?" : "What is to be done?"}
              value={String(item.label ?? "")}
              readOnly={readOnly}
              onChange={({ currentTarget: { value } }) => put(i, { label: value }, "label")}
            />
            {readOnly ? null : (
              <ActionIcon
                aria-label={`Remove ${noun} ${i + 1}`}
                onClick={() =>
                  change(
                    items.filter((_, at) => at !== i),
                    "",
                  )
                }
              >
                <Trash2 size={15} />
              </ActionIcon>
            )}
          </div>
          <div className={classes.row}>
            <TextInput
              className={classes.grow!}
              aria-label="Id"
              placeholder="id"
              value={String(item.id ?? "")}
              readOnly={readOnly}
              onChange={({ currentTarget: { value } }) => put(i, { id: value }, "id")}
            />
            {isSurvey ? (
              <NativeSelect
                className={classes.grow!}
                aria-label="Type"
                data={questionTypes}
                value={String(item.type ?? "text")}
                disabled={readOnly}
                onChange={({ currentTarget: { value } }) => put(i, { type: value }, "type")}
              />
            ) : null}
          </div>
          {item.type === "single" || item.type === "multiple" ? (
            <TagsInput
              aria-label="Choices"
              placeholder="add choices"
              value={optionsOf(item).map(nameOf)}
              readOnly={readOnly}
              onChange={(names) => put(i, { options: optionsNamed(names, optionsOf(item)) }, "options")}
            />
          ) : null}
        </div>
      ))}
      {readOnly ? null : (
        <Button
          mt={6}
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={add}
        >
          Add a {noun}
        </Button>
      )}
    </Input.Wrapper>
  );
}

const optionsOf = ({ options }: JsonObject): readonly JsonValue[] => (Array.isArray(options) ? options : []);
