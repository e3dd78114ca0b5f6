import type { ValueJson } from "@bufbuild/protobuf/wkt";
import { Autocomplete, NativeSelect, NumberInput, TagsInput, TextInput } from "@mantine/core";
import type { Rule_ConditionJson } from "../contract/journeys/rule/v1/rule_pb";
import { DateTimeInput } from "../ui/DateTimeInput";
import { DurationInput } from "../ui/DurationInput";
import type { FormProps } from "./form";
import { useKnownFields } from "./known";
import { adaptValue, type Comparison, comparisonOf, comparisonsFor, typeByName } from "./operators";
import classes from "./RuleEditor.module.css";
import { completeField, isOfJourney } from "./shapes";

/**
 * Edits the comparison of a field with a value. The comparisons depend on the field, and the input depends on the
 * comparison.
 */
export function ConditionForm({ condition, negated, change, context }: FormProps & { condition: Rule_ConditionJson }) {
  const known = useKnownFields(context.scope);
  const { readOnly } = context;
  const field = condition.field ?? "";
  const named = typeByName(field);
  const type = named === "any" ? (known.get(field) ?? "any") : named;
  const present = comparisonOf(condition.operator, condition.value);
  const fitting = comparisonsFor(type);
  // Keeps showing the present comparison, even if it does not seem to fit.
  const offered = fitting.some((each) => each.id === present.id) ? fitting : [present, ...fitting];

  const put = (next: Rule_ConditionJson) => {
    const { value, ...rest } = next;
    change({ condition: value === undefined ? rest : { ...rest, value } });
  };
  const compare = (id: string) => {
    const next = offered.find((each) => each.id === id)!;
    const value = adaptValue(condition.value, next.value);
    put({ field, operator: next.operator, ...(value === undefined ? {} : { value }) });
  };
  const settle = () => {
    const complete = completeField(field, context.scope);
    const byName = typeByName(complete);
    const best = comparisonsFor(byName === "any" ? (known.get(complete) ?? "any") : byName);
    // There is no value yet, so a comparison that fits the field better is chosen.
    const isOpen = condition.value === "" || condition.value === undefined || condition.value === null;
    const next = isOpen && !best.some((each) => each.id === present.id) ? best[0]! : undefined;
    if (complete === field && !next) return;
    const value = next ? adaptValue(condition.value, next.value) : condition.value;
    put({ field: complete, operator: next?.operator ?? present.operator, ...(value === undefined ? {} : { value }) });
  };
  const suggested = [
    ...new Set([
      ...(context.suggestions.fields ?? []).filter((each) => context.scope === "journey" || !isOfJourney(each)),
      ...known.keys(),
    ]),
  ];
  return (
    <>
      {negated ? (
        <NativeSelect
          aria-label="Negation"
          data={[
            { value: "not", label: "not" },
            { value: "", label: "remove the not" },
          ]}
          value="not"
          disabled={readOnly}
          onChange={({ currentTarget: { value } }) => change({ condition }, value === "not")}
          className={classes.few!}
        />
      ) : null}
      <Autocomplete
        aria-label="Field"
        placeholder={context.scope === "event" ? "properties.plan" : "traits.plan"}
        data={suggested}
        value={field}
        maxLength={256}
        disabled={readOnly}
        onChange={(next) => put({ ...condition, field: next })}
        onBlur={settle}
      />
      <NativeSelect
        aria-label="Comparison"
        data={grouped(offered)}
        value={present.id}
        disabled={readOnly}
        onChange={({ currentTarget: { value } }) => compare(value)}
      />
      <ValueInput
        comparison={present}
        value={condition.value}
        disabled={readOnly}
        onChange={(value) => put({ ...condition, value })}
      />
    </>
  );
}

interface ValueInputProps {
  comparison: Comparison;
  value: ValueJson | undefined;
  onChange: (value: ValueJson) => void;
  disabled: boolean;
}

function ValueInput({ comparison, value, onChange, disabled }: ValueInputProps) {
  switch (comparison.value) {
    case "none":
      return null;
    case "number":
      return (
        <NumberInput
          aria-label="Value"
          placeholder="number"
          value={typeof value === "number" ? value : ""}
          disabled={disabled}
          onChange={(next) => onChange(next === "" ? null : Number(next))}
        />
      );
    case "boolean":
      return (
        <NativeSelect
          aria-label="Value"
          data={[
            { value: "true", label: "yes (true)" },
            { value: "false", label: "no (false)" },
          ]}
          value={String(value)}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange(currentTarget.value === "true")}
        />
      );
    case "texts":
      return (
        <TagsInput
          aria-label="Values"
          placeholder="add values"
          value={Array.isArray(value) ? value.map(String) : []}
          disabled={disabled}
          onChange={(next) => onChange(typedAs(value, next))}
        />
      );
    case "date":
      return (
        <DateTimeInput
          bare
          label="Value"
          value={typeof value === "string" ? value : ""}
          disabled={disabled}
          onChange={onChange}
        />
      );
    case "duration":
      return (
        <DurationInput
          bare
          label="Value"
          value={typeof value === "string" ? value : ""}
          disabled={disabled}
          onChange={onChange}
        />
      );
    case "text":
      return (
        <TextInput
          aria-label="Value"
          placeholder="value"
          value={value === undefined || value === null ? "" : String(value)}
          disabled={disabled}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}

/** Keeps numbers of a list as numbers, because types are not converted. */
function typedAs(before: ValueJson | undefined, next: readonly string[]): ValueJson {
  const old = Array.isArray(before) ? before : [];
  const isNumeric =
    old.length > 0 &&
    old.every((each) => typeof each === "number") &&
    next.every((each) => each.trim() !== "" && Number.isFinite(Number(each)));
  return isNumeric ? next.map(Number) : [...next];
}

function grouped(comparisons: readonly Comparison[]) {
  const groups = [...new Set(comparisons.map((each) => each.group))];
  const item = ({ id, label }: Comparison) => ({ value: id, label });
  return groups.length === 1
    ? comparisons.map(item)
    : groups.map((group) => ({ group, items: comparisons.filter((each) => each.group === group).map(item) }));
}
