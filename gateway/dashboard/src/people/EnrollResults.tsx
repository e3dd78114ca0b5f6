import { Button, Group, Stack } from "@mantine/core";
import { inFull } from "../ui/times";
import type { EnrollResult } from "./calls";
import classes from "./EnrollPeople.module.css";

/** Shows the result for each id. */
export function EnrollResults({ results, close }: { results: readonly EnrollResult[]; close: () => void }) {
  const created = results.filter((result) => result.created).length;
  const failed = results.filter((result) => result.error);
  const before = results.length - created - failed.length;
  return (
    <Stack gap="md" role="status">
      <div className={classes.numbers}>
        <div>
          <strong>{inFull(created)}</strong> newly enrolled
        </div>
        <div>
          <strong>{inFull(before)}</strong> had an enrollment already
        </div>
        <div>
          <strong>{inFull(failed.length)}</strong> refused
        </div>
      </div>
      {failed.length > 0 ? (
        <ul className={classes.failed} tabIndex={0} aria-label="Refused">
          {failed.slice(0, 200).map((result) => (
            <li key={result.userId}>
              <strong>{result.userId}</strong> {result.error?.message}
            </li>
          ))}
        </ul>
      ) : null}
      <Group justify="flex-end">
        <Button onClick={close}>Done</Button>
      </Group>
    </Stack>
  );
}
