import { NativeSelect, Select } from "@mantine/core";
import type { FormProps } from "./form";
import { useAudiences } from "./known";

/** Edits whether a person is in an audience. */
export function AudienceForm({ audienceId, negated, change, context }: FormProps & { audienceId: string }) {
  const audiences = useAudiences();
  return (
    <>
      <NativeSelect
        aria-label="Is or is not"
        data={[
          { value: "", label: "is in" },
          { value: "not", label: "is not in" },
        ]}
        value={negated ? "not" : ""}
        disabled={context.readOnly}
        onChange={({ currentTarget: { value } }) => change({ audience: { audienceId } }, value === "not")}
      />
      <Select
        aria-label="Audience"
        placeholder="choose an audience"
        searchable
        nothingFoundMessage="No audience of that name"
        disabled={context.readOnly}
        data={(audiences.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={audienceId || null}
        onChange={(value) => change({ audience: { audienceId: value ?? "" } })}
      />
    </>
  );
}
