import type { FormEvent, ReactNode } from "react";
import { Refusal } from "../ui/Refusal";
import classes from "../ui/Settings.module.css";

interface Props {
  label: string;
  submit: () => void;
  error: unknown;
  /** The fields that show their own errors. */
  fields: readonly string[];
  children: ReactNode;
}

/** A form of the account page. Shows errors that belong to none of its fields. */
export function Form({ label, submit, error, fields, children }: Props) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form className={classes.form} onSubmit={onSubmit} aria-label={label}>
      {children}
      <Refusal error={error} shownAt={fields} />
    </form>
  );
}
