import { Button, Group, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type { JourneyJson } from "../contract/journeys/definition/v1/journey_pb";
import { journeyKey } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { fieldSentence } from "../ui/States";
import { Section } from "./Section";

/** Edits the key of the journey. It is not part of the draft, so it is saved separately. */
export function JourneyKey() {
  const { journey, readOnly } = useDraft();
  const [key, setKey] = useState(journey.key);
  const save = useMutation({
    mutationFn: () => api.patch<JourneyJson>(path`/api/journeys/${journey.id}`, { key }),
    onSuccess: (saved) => queryClient.setQueryData(journeyKey(journey.id), saved),
  });
  const isFixed = journey.version > 0;
  return (
    <Section
      title="Key"
      effect={`Programs can write key:${journey.key} wherever a call takes the journey's id. ${
        isFixed
          ? "It stays, because the journey was published."
          : "You can change it, at once, until the journey is published."
      }`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Group gap="xs" align="flex-start">
          <TextInput
            aria-label="Key"
            maxLength={64}
            value={isFixed ? journey.key : key}
            readOnly={readOnly || isFixed}
            onChange={(event) => setKey(event.currentTarget.value)}
            error={fieldSentence(save.error, "key") ?? save.error?.message}
          />
          {readOnly || isFixed ? null : (
            <Button type="submit" variant="default" loading={save.isPending} disabled={key === journey.key}>
              Change
            </Button>
          )}
        </Group>
      </form>
    </Section>
  );
}
