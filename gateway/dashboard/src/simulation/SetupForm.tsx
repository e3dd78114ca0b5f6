import { Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import { DateTimeInput } from "../ui/DateTimeInput";
import { DurationInput } from "../ui/DurationInput";
import { fieldSentence } from "../ui/States";
import type { Activity } from "./guess";
import classes from "./SetupForm.module.css";
import { type EntryKind, mostPeople, type Setup } from "./setup";

interface Props {
  setup: Setup;
  change: (patch: Partial<Setup>) => void;
  /** The newest published version; 0 for none. */
  version: number;
  error: unknown;
  isBusy: boolean;
  isAgain: boolean;
  begin: () => void;
}

const entries: readonly { value: EntryKind; label: string }[] = [
  { value: "design", label: "By the triggers and the audience" },
  { value: "spread", label: "Evenly in the first week" },
  { value: "once", label: "All at the start" },
];

/** Edits the population, the duration and the behavior. Everything has a default. */
export function SetupForm({ setup, change, version, error, isBusy, isAgain, begin }: Props) {
  const at = (field: string) => fieldSentence(error, `request.${field}`) ?? fieldSentence(error, field);
  return (
    <form
      className={classes.form}
      aria-label="What to simulate"
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <div className={classes.pair}>
        <NumberInput
          label="People"
          description="Made up"
          value={setup.people}
          min={1}
          max={mostPeople}
          allowDecimal={false}
          allowNegative={false}
          thousandSeparator=","
          error={at("population.invented.people")}
          onChange={(people) => change({ people: Number(people) || 0 })}
        />
        <TextInput
          label="Seed"
          description="Same seed, same luck"
          value={setup.seed}
          inputMode="numeric"
          maxLength={18}
          error={at("seed")}
          onChange={(event) => change({ seed: event.currentTarget.value.replace(/\D/g, "") })}
        />
      </div>
      <DurationInput
        label="How long"
        value={setup.horizon}
        error={at("horizon")}
        onChange={(horizon) => change({ horizon })}
      />
      <DateTimeInput
        label="Start, if not now"
        value={setup.start}
        error={at("startTime")}
        onChange={(start) => change({ start })}
      />
      <Select
        label="How they enter"
        data={entries}
        value={setup.entry}
        allowDeselect={false}
        onChange={(entry) => entry && change({ entry: entry as EntryKind })}
      />
      {setup.activities.length > 0 ? (
        <Activities activities={setup.activities} change={(activities) => change({ activities })} />
      ) : null}
      {version > 0 ? (
        <Switch
          label={`Compare with version ${version}, which is live`}
          checked={setup.compare}
          onChange={(event) => change({ compare: event.currentTarget.checked })}
        />
      ) : null}
      <Button type="submit" loading={isBusy} leftSection={<FlaskConical size={15} aria-hidden />}>
        {isAgain ? "Simulate again" : "Start the simulation"}
      </Button>
    </form>
  );
}

interface ActivitiesProps {
  activities: readonly Activity[];
  change: (activities: readonly Activity[]) => void;
}

function Activities({ activities, change }: ActivitiesProps) {
  const set = (i: number, patch: Partial<Activity>) =>
    change(activities.map((each, place) => (place === i ? { ...each, ...patch } : each)));
  return (
    <fieldset className={classes.activities}>
      <legend>What they do</legend>
      <p className={classes.about}>Guesses; change them to what you expect.</p>
      {activities.map(({ eventName, percent, everyDays }, i) => (
        <div key={eventName} className={classes.activity}>
          <span className={classes.event} title={eventName} dir="auto">
            {eventName}
          </span>
          <NumberInput
            aria-label={`${eventName}: percent of people`}
            size="xs"
            suffix="%"
            min={0}
            max={100}
            decimalScale={1}
            value={percent}
            hideControls
            onChange={(value) => set(i, { percent: Number(value) || 0 })}
          />
          <span>every</span>
          <NumberInput
            aria-label={`${eventName}: days between`}
            size="xs"
            suffix=" d"
            min={0.1}
            max={3_650}
            decimalScale={1}
            value={everyDays}
            hideControls
            onChange={(value) => set(i, { everyDays: Number(value) || 0.1 })}
          />
        </div>
      ))}
    </fieldset>
  );
}
