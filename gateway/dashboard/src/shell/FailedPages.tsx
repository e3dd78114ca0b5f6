import { Button } from "@mantine/core";
import { isRouteErrorResponse, Link, useRouteError } from "react-router";
import { Empty, Failed } from "../ui/States";

export function NotFoundPage() {
  return (
    <Empty
      title="This page does not exist"
      action={
        <Button component={Link} to="/journeys" variant="default">
          Go to journeys
        </Button>
      }
    >
      The address may be mistyped, or what it named was deleted.
    </Empty>
  );
}

/** Shown in place of a page whose code failed or could not be loaded. */
export function PageFailed() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFoundPage />;
  return <Failed error={error} retry={() => window.location.reload()} />;
}
