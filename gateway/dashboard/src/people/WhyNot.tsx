import { Button, Drawer, Group, Stack, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { ArrowRight, Check, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { Refusal } from "../ui/Refusal";
import { StatusBadge } from "../ui/StatusBadge";
import { explain } from "./calls";
import classes from "./WhyNot.module.css";

/** Explains why a user is in this journey, or why not. */
export function WhyNot({ journeyId, opened, close }: { journeyId: string; opened: boolean; close: () => void }) {
  return (
    <Drawer
      opened={opened}
      onClose={close}
      position="right"
      size={440}
      title="Why is this user not in the journey?"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Ask journeyId={journeyId} />
    </Drawer>
  );
}

function Ask({ journeyId }: { journeyId: string }) {
  const [userId, setUserId] = useState("");
  const ask = useMutation({ mutationFn: () => explain(journeyId, userId.trim()) });
  const answer = ask.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (userId.trim()) ask.mutate();
  };
  return (
    <Stack gap="lg">
      <form onSubmit={submit}>
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <TextInput
            label="User id"
            value={userId}
            onChange={(event) => setUserId(event.currentTarget.value)}
            className={classes.id!}
            data-autofocus
          />
          <Button type="submit" loading={ask.isPending} disabled={!userId.trim()}>
            Ask
          </Button>
        </Group>
      </form>
      <Refusal error={ask.error} />
      {answer ? (
        <div className={classes.answer} aria-live="polite">
          <Title order={3} className={classes.summary!}>
            {answer.summary}
          </Title>
          {answer.enrollment ? (
            <p className={classes.enrollment}>
              <StatusBadge status={answer.enrollment.status} />
              <Link to={`/journeys/${journeyId}/people/${answer.enrollment.id}`}>
                See the history of attempt {answer.enrollment.attempt}
              </Link>
            </p>
          ) : null}
          {answer.checks.length > 0 ? (
            <ul className={classes.checks} aria-label="What was checked">
              {answer.checks.map((check, i) => (
                <li key={i}>
                  <Verdict {...check} />
                  <span>{check.message}</span>
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
    </Stack>
  );
}

function Verdict({ passed, wayIn }: { passed: boolean; wayIn: boolean }) {
  if (passed) return <Check size={15} className={classes.passed} aria-label="Passed:" role="img" />;
  if (wayIn) return <ArrowRight size={15} className={classes.way} aria-label="A way in:" role="img" />;
  return <X size={15} className={classes.failed} aria-label="Failed:" role="img" />;
}
