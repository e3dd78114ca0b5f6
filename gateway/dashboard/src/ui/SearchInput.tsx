import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useSearchParams } from "react-router";
import classes from "./SearchInput.module.css";

/** The words that a list is searched for; kept in the address, so that going back finds them again. */
export function useSearch(): readonly [string, (words: string) => void] {
  const [params, setParams] = useSearchParams();
  const find = (words: string) =>
    setParams((before) => {
      before.delete("search");
      if (words) before.set("search", words);
      return before;
    }, { replace: true });
  return [params.get("search") ?? "", find];
}

interface SearchInputProps {
  label: string;
  placeholder: string;
  value: string;
  /** Called when typing rests. */
  onChange: (words: string) => void;
}

export function SearchInput({ label, placeholder, value, onChange }: SearchInputProps) {
  const find = useDebouncedCallback(onChange, 250);
  return (
    <TextInput
      size="xs" type="search" aria-label={label} placeholder={placeholder} leftSection={<Search size={14} aria-hidden />} className={classes.search!}
      defaultValue={value} onChange={(event) => find(event.currentTarget.value.trim())}
    />
  );
}
