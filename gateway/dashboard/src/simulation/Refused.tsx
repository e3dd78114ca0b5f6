import { Alert, Button } from "@mantine/core";
import { Link } from "react-router";
import { ApiError } from "../api/api";
import { messageOf } from "../ui/States";
import classes from "./Refused.module.css";

/** Why a simulation was not begun. */
export function Refused({ error, journeyId }: { error: unknown; journeyId: string }) {
  if (!(error instanceof ApiError) || error.reason !== "GRAPH_INVALID")
    return (
      <Alert color="red" role="alert" py="xs">
        {messageOf(error)}
      </Alert>
    );
  return (
    <Alert color="red" role="alert" title="This draft cannot be tried yet">
      What keeps it from being published keeps it from being tried:
      <ul className={classes.problems}>
        {error.errors.slice(0, 4).map(({ field, message }) => (
          <li key={field + message}>{message}</li>
        ))}
        {error.errors.length > 4 ? <li>and {error.errors.length - 4} more</li> : null}
      </ul>
      <Button size="compact-sm" variant="white" component={Link} to={`/journeys/${journeyId}/build?problems`}>
        Show them in the builder
      </Button>
    </Alert>
  );
}
