import { Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError } from "../api/api";
import { useRequestId } from "../api/useRequestId";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { RuleEditor } from "../rules/RuleEditor";
import { DialogButtons } from "../ui/DialogButtons";
import { Refusal } from "../ui/Refusal";
import { messageOf } from "../ui/States";
import { peopleInWords } from "../ui/times";
import { enrollByRule, previewEnrollment } from "./calls";
import { PeopleJob } from "./PeopleJob";

/** The number of people whom the preview names. */
const shown = 3;

/** Enrolls everybody who matches a rule, by a job, after showing how many. */
export function EnrollByRule({ journeyId, close }: { journeyId: string; close: () => void }) {
  const [rule, setRule] = useState<RuleJson>();
  const text = JSON.stringify(rule);
  const [asked] = useDebouncedValue(text, 400);
  const preview = useQuery({
    queryKey: ["/api/journeys/enrollments/preview", journeyId, asked],
    queryFn: ({ signal }) => previewEnrollment(journeyId, JSON.parse(asked!), signal),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  // Whether the preview belongs to the present rule. The button names its number of people, so it waits for that.
  const isCurrent = asked === text && preview.isSuccess && !preview.isPlaceholderData;
  const people = isCurrent ? preview.data.people : 0;
  const requestId = useRequestId(text);
  const sent = useRef<{ requestId: string; expectedPeople: number }>(undefined);
  const enroll = useMutation({
    mutationFn: () => {
      // After a lost answer the job may be running, and fewer people match. A repeat is the same request, so that it
      // finds that job.
      if (sent.current?.requestId !== requestId) sent.current = { requestId, expectedPeople: people };
      return enrollByRule(journeyId, { rule: rule!, ...sent.current });
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.status >= 500) return;
      // Refused, for instance because others match in the meantime.
      sent.current = undefined;
      void preview.refetch();
    },
  });

  if (enroll.data)
    return (
      <PeopleJob
        journeyId={journeyId}
        job={enroll.data}
        label="People who match"
        completed="Everybody who matched was processed."
        broken="It ended before everybody who matched was processed."
        close={close}
      />
    );
  return (
    <Stack gap="md">
      <RuleEditor label="Users who match this rule" value={rule} onChange={setRule} scope="person" />
      {rule === undefined ? null : preview.error ? (
        <Text size="sm" c="red" role="alert">
          Who matches is not known: {messageOf(preview.error)}
        </Text>
      ) : (
        <Text size="sm" role="status">
          {!isCurrent
            ? "Counting…"
            : people === 0
              ? "Nobody who matches can enter."
              : `${peopleInWords(people)} can enter${people > shown ? ", for instance " : ": "}${preview.data.examples
                  .slice(0, shown)
                  .map(({ userId }) => userId)
                  .join(", ")}.`}
        </Text>
      )}
      <Refusal error={enroll.error} />
      <Text size="sm" c="dimmed">
        They start after the trigger, whether or not they match the journey's audience. People who are already inside
        stay where they are. People who match later are not enrolled; use an audience with auto-enrollment for that.
      </Text>
      <DialogButtons
        verb={people > 0 ? `Enroll ${peopleInWords(people)}` : "Enroll"}
        run={() => enroll.mutate()}
        ready={people > 0 || (sent.current?.requestId === requestId && enroll.isError)}
        busy={enroll.isPending}
        close={close}
      />
    </Stack>
  );
}
