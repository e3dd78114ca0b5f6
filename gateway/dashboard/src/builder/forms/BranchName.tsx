import { TextInput } from "@mantine/core";
import { useState } from "react";

interface BranchNameProps {
  label: string;
  value: string;
  readOnly: boolean;
  error: string | undefined;
  onChange: (name: string) => void;
}

/**
 * Edits the name of a branch. Applied when editing ends, because edges refer to the name, and a partial name may be
 * that of another branch.
 */
export function BranchName({ label, value, readOnly, error, onChange }: BranchNameProps) {
  const [text, setText] = useState<string>();
  const settle = () => {
    const name = text?.trim();
    setText(undefined);
    if (name && name !== value) onChange(name);
  };
  return (
    <TextInput
      aria-label={label}
      value={text ?? value}
      maxLength={64}
      readOnly={readOnly}
      error={error}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}
