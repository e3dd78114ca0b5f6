import { Textarea, TextInput } from "@mantine/core";
import { fieldSentence } from "./States";

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** The error of the form; the part about this field is shown here. */
  error: unknown;
}

/** The name field of dialogs that create something. */
export function NameField({ value, onChange, error, about }: Props & { about?: string }) {
  return (
    <TextInput
      label="Name"
      description={about}
      required
      data-autofocus
      maxLength={255}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={fieldSentence(error, "name")}
    />
  );
}

export function DescriptionField({ value, onChange, error }: Props) {
  return (
    <Textarea
      label="Description"
      autosize
      minRows={2}
      maxLength={4096}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={fieldSentence(error, "description")}
    />
  );
}
