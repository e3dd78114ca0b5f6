import { Alert } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import classes from "../ui/Settings.module.css";
import { fieldError, messageOf } from "../ui/States";

interface Props {
  label: string;
  submit: () => void;
  error: unknown;
  /** Fields that show what is wrong with them. */
  fields: readonly string[];
  children: ReactNode;
}

/** A form of the account page, which says what went wrong where no field says it. */
export function Form({ label, submit, error, fields, children }: Props) {
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  return (
    <form className={classes.form} onSubmit={onSubmit} aria-label={label}>
      {children}
      {error && !fields.some((field) => fieldError(error, field)) ? (
        <Alert color="red" role="alert" py="xs">
          {messageOf(error)}
        </Alert>
      ) : null}
    </form>
  );
}
