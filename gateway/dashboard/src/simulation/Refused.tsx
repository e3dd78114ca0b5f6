import { Alert, Button } from "@mantine/core";
import { Link } from "react-router";
import { ApiError } from "../api/api";
import { problemWords } from "../draft/problemWords";
import { Refusal } from "../ui/Refusal";
import classes from "./Refused.module.css";

/** Shows why a simulation was not started. */
export function Refused({ error, journeyId }: { error: unknown; journeyId: string }) {
  if (!(error instanceof ApiError) || error.reason !== "GRAPH_INVALID") return <Refusal error={error} />;
  return (
    <Alert color="red" role="alert" title="This draft cannot be simulated yet">
      The same problems prevent it from being published:
      <ul className={classes.problems}>
        {error.errors.slice(0, 4).map(({ field, message }) => (
          <li key={field + message}>{placeOf(field) + problemWords({ field, message })}</li>
        ))}
        {error.errors.length > 4 ? <li>and {error.errors.length - 4} more</li> : null}
      </ul>
      <Button size="compact-sm" variant="white" component={Link} to={`/journeys/${journeyId}/build?problems`}>
        Show them in the builder
      </Button>
    </Alert>
  );
}

/** Returns the node of a field, for a list of all problems. */
const placeOf = (field: string): string => {
  const [, id] = /^graph\.nodes\[([^\]]*)\]./.exec(field) ?? [];
  return id ? `${id}: ` : "";
};
