import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import classes from "./SearchInput.module.css";

interface SearchInputProps {
  label: string;
  placeholder: string;
  value: string;
  /** Called when typing pauses. */
  onChange: (words: string) => void;
}

export function SearchInput({ label, placeholder, value, onChange }: SearchInputProps) {
  const find = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<Search size={14} aria-hidden />}
      className={classes.search!}
      defaultValue={value}
      onChange={(event) => find(event.currentTarget.value.trim())}
    />
  );
}
