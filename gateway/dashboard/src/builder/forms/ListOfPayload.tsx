import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ActionIcon, Button, Checkbox, Input, NativeSelect, NumberInput, TagsInput, TextInput } from "@mantine/core";
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
  /** Whether to show all fields of an item, or only the required ones. */
  isWhole?: boolean;
  change: (items: JsonObject[], about: string) => void;
}

/** Edits the questions of a survey, or the tasks of a task list. */
export function ListOfPayload({ kind, items: given, readOnly, isWhole = false, change }: ListOfPayloadProps) {
  const items = (Array.isArray(given) ? given : []).filter(
    (item): item is JsonObject => item !== null && typeof item === "object" && !Array.isArray(item),
  );
  const isSurvey = kind === "questions";
  const noun = isSurvey ? "question" : "task";
  const put = (i: number, part: Part, about: string) =>
    change(
      items.map((item, at) => (at === i ? withPart(item, part) : item)),
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
          {isWhole ? (
            <MoreOfItem
              item={item}
              isSurvey={isSurvey}
              readOnly={readOnly}
              put={(part, about) => put(i, part, about)}
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

type Part = Record<string, JsonValue | undefined>;

interface MoreProps {
  item: JsonObject;
  isSurvey: boolean;
  readOnly: boolean;
  put: (part: Part, about: string) => void;
}

function MoreOfItem({ item, isSurvey, readOnly, put }: MoreProps) {
  const text = (name: string, label: string, placeholder = "") => (
    <TextInput
      className={classes.grow!}
      label={label}
      placeholder={placeholder}
      value={String(item[name] ?? "")}
      readOnly={readOnly}
      onChange={({ currentTarget: { value } }) => put({ [name]: value || undefined }, name)}
    />
  );
  if (!isSurvey)
    return (
      <>
        {text("body", "Text")}
        <div className={classes.row}>
          {text("url", "Link", "/projects/new")}
          {text("event", "Event that ticks it", "project_created")}
        </div>
      </>
    );
  const isScale = item.type === "rating" || item.type === "nps";
  return (
    <>
      {isScale ? (
        <div className={classes.row}>
          {text("lowLabel", "Low end", "Not at all")}
          {text("highLabel", "High end", "Very much")}
        </div>
      ) : null}
      {item.type === "rating" ? (
        <NumberInput
          label="Highest rating"
          placeholder="5"
          min={1}
          max={10}
          allowDecimal={false}
          value={typeof item.max === "number" ? item.max : ""}
          readOnly={readOnly}
          onChange={(max) => put({ max: typeof max === "number" ? max : undefined }, "max")}
        />
      ) : null}
      {(item.type ?? "text") === "text" ? text("placeholder", "Placeholder") : null}
      <Checkbox
        label="An answer is required"
        checked={item.required === true}
        disabled={readOnly}
        onChange={({ currentTarget: { checked } }) => put({ required: checked || undefined }, "required")}
      />
    </>
  );
}

const withPart = (item: JsonObject, part: Part): JsonObject =>
  Object.fromEntries(
    Object.entries({ ...item, ...part }).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );

const optionsOf = ({ options }: JsonObject): readonly JsonValue[] => (Array.isArray(options) ? options : []);
