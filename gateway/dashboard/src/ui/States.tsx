import { Button, Code, Loader, Text, VisuallyHidden } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/api";
import classes from "./States.module.css";

/** Returns the message of an error for the member. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

/** Returns what is wrong with one field of a refused request. */
export function fieldError(error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.errors.find((each) => each.field === field)?.message : undefined;
}

/** Returns what is wrong with one field as a sentence. Some messages are sentences already. */
export function fieldSentence(error: unknown, field: string): string | undefined {
  const message = fieldError(error, field);
  return message && (/^\p{Lu}/u.test(message) ? message : `It ${message}`);
}

/** Shown only when loading takes long enough to be noticed. */
export function Loading({ label = "Loading" }: { label?: string }) {
  return (
    <div className={`${classes.state} ${classes.late}`} role="status">
      <Loader size="sm" color="gray" />
      <VisuallyHidden>{label}</VisuallyHidden>
    </div>
  );
}

export function Empty({
  title,
  icon,
  action,
  children,
}: {
  title: string;
  icon?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={classes.state}>
      {icon ? (
        <div className={classes.icon} aria-hidden>
          {icon}
        </div>
      ) : null}
      <h2 className={classes.title}>{title}</h2>
      {children ? (
        <Text size="sm" c="dimmed" maw={420} ta="center">
          {children}
        </Text>
      ) : null}
      {action}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const traceId = error instanceof ApiError ? error.traceId : "";
  return (
    <div className={classes.state} role="alert">
      <div className={classes.icon} aria-hidden>
        <CircleAlert size={20} />
      </div>
      <h2 className={classes.title}>
        {error instanceof ApiError && error.status === 404 ? "Not found" : "This could not be loaded"}
      </h2>
      <Text size="sm" c="dimmed" maw={460} ta="center">
        {messageOf(error)}
      </Text>
      {traceId ? (
        <Text size="xs" c="dimmed">
          Trace <Code>{traceId}</Code>
        </Text>
      ) : null}
      {retry ? (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
