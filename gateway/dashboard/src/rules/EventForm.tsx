import { Autocomplete, Button, Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { Rule_EventJson, RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import { DurationInput } from "../ui/DurationInput";
import type { FormProps } from "./form";
import classes from "./RuleEditor.module.css";
import { blank } from "./shapes";

interface EventFormProps extends FormProps {
  event: Rule_EventJson;
  /** Renders the filter of the event. `onWhere` receives its changes, undefined when it is removed. */
  children: (where: RuleJson, onWhere: (where: RuleJson | undefined) => void) => ReactNode;
}

/** Edits whether a person did something, how often and how recently. */
export function EventForm({ event, negated, change, context, children }: EventFormProps) {
  const set = (part: Partial<Rule_EventJson>) => change({ event: { ...event, ...part } });
  const { readOnly } = context;
  const without = (key: "within" | "where") => {
    const { [key]: _, ...rest } = event;
    change({ event: rest });
  };
  return (
    <>
      <NativeSelect
        aria-label="Did or did not"
        data={[
          { value: "", label: "did" },
          { value: "not", label: "did not do" },
        ]}
        value={negated ? "not" : ""}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => change({ event }, value === "not")}
      />
      <Autocomplete
        aria-label="Event"
        placeholder="event name"
        data={[...(context.suggestions.events ?? [])]}
        value={event.name ?? ""}
        maxLength={128}
        disabled={readOnly}
        onChange={(name) => set({ name })}
      />
      <span className={classes.word}>at least</span>
      <NumberInput
        aria-label="How often at least"
        className={classes.few!}
        value={event.atLeast ?? 1}
        min={1}
        max={1000}
        allowDecimal={false}
        disabled={readOnly}
        onChange={(value) => set({ atLeast: Number(value) || 1 })}
      />
      <span className={classes.word}>{event.atLeast === 1 ? "time" : "times"}</span>
      <Checkbox
        className={classes.whole!}
        size="xs"
        label="only recently"
        checked={event.within !== undefined}
        disabled={readOnly}
        onChange={({ currentTarget: { checked } }) => (checked ? set({ within: "604800s" }) : without("within"))}
      />
      {event.within === undefined ? null : (
        <div className={classes.whole}>
          <DurationInput
            bare
            label="Within the last"
            value={event.within}
            disabled={readOnly}
            onChange={(within) => set({ within })}
          />
        </div>
      )}
      {event.where ? (
        <div className={`${classes.whole} ${classes.nested}`}>
          {children(event.where, (where) => (where ? set({ where }) : without("where")))}
        </div>
      ) : readOnly ? null : (
        <div className={classes.whole}>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => set({ where: blank("condition", "event") })}
          >
            + only with certain properties
          </Button>
        </div>
      )}
    </>
  );
}
