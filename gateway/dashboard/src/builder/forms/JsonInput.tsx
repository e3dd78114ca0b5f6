import type { JsonObject } from "@bufbuild/protobuf";
import { Button, Collapse, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import classes from "../Properties.module.css";

interface JsonInputProps {
  label: string;
  value: JsonObject;
  readOnly: boolean;
  onChange: (value: JsonObject) => void;
}

/** Edits a JSON object as text, for fields that have no input of their own. */
export function JsonInput({ label, value, readOnly, onChange }: JsonInputProps) {
  const [opened, { toggle }] = useDisclosure(false);
  // Set only while typing; otherwise the input shows the value.
  const [text, setText] = useState<string>();
  const fault = text === undefined ? undefined : faultOf(text);
  const settle = () => {
    if (text === undefined || fault) return;
    setText(undefined);
    onChange(JSON.parse(text) as JsonObject);
  };
  return (
    <div>
      <Button variant="subtle" color="gray" size="compact-sm" aria-expanded={opened} onClick={toggle}>
        {opened ? "Hide the JSON" : "Show as JSON"}
      </Button>
      <Collapse expanded={opened}>
        <Textarea
          mt={8}
          aria-label={label}
          autosize
          minRows={4}
          maxRows={18}
          spellCheck={false}
          readOnly={readOnly}
          classNames={{ input: classes.code! }}
          value={text ?? JSON.stringify(value, null, 2)}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
          onBlur={settle}
        />
      </Collapse>
    </div>
  );
}

function faultOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? undefined
      : "This must be an object: { ... }";
  } catch (error) {
    return error instanceof Error ? error.message : "This is not JSON.";
  }
}
