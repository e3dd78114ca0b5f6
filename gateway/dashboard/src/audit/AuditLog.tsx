import { Alert, Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Download, ScrollText } from "lucide-react";
import { useEffect, useState } from "react";
import { DateTimeInput } from "../ui/DateTimeInput";
import { Panel } from "../ui/Panel";
import { Empty, Failed, Loading, messageOf } from "../ui/States";
import { saveFile } from "../ui/saveFile";
import { toast } from "../ui/Toasts";
import { useFilter } from "../ui/useFilter";
import classes from "./AuditLog.module.css";
import { AuditTable } from "./AuditTable";
import { type AuditFilter, allEntries, mostExported, useAudit } from "./calls";
import { toCsv } from "./words";

interface FilterTextProps {
  label: string;
  placeholder: string;
  value: string;
  /** Called when the text is complete, because the filters match exactly. */
  onChange: (value: string) => void;
}

function FilterText({ label, placeholder, value, onChange }: FilterTextProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={placeholder}
      maxLength={255}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
      }}
    />
  );
}

/** Shows who did what on this site, newest first. */
export function AuditLog({ siteId }: { siteId: string }) {
  const address = useFilter();
  const filter: AuditFilter = {
    actor: address.of("actor"),
    action: address.of("action"),
    target: address.of("target"),
    fromTime: address.of("fromTime"),
    untilTime: address.of("untilTime"),
  };
  const isFiltered = Object.values(filter).some((value) => value !== "");
  const audit = useAudit(siteId, filter);
  const entries = audit.data?.pages.flatMap((page) => page.entries);
  const exported = useMutation({
    mutationFn: () => allEntries(filter),
    onSuccess: (all) => {
      saveFile("audit-log.csv", toCsv(all), "text/csv");
      if (all.length >= mostExported)
        toast(`The file ends after ${all.length} rows; choose a shorter time for the rest`, true);
    },
  });
  const text = (name: keyof AuditFilter, label: string, placeholder: string) => (
    <FilterText
      label={label}
      placeholder={placeholder}
      value={filter[name]}
      onChange={(value) => address.set(name, value)}
    />
  );
  return (
    <Panel
      title="Audit log"
      about="Sign-ins, and everything that was changed or exported. Nobody can change or delete these entries."
      flush
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<Download size={14} aria-hidden />}
          loading={exported.isPending}
          disabled={!entries?.length}
          onClick={() => exported.mutate()}
        >
          Export as CSV
        </Button>
      }
    >
      <div className={classes.filters} role="search" aria-label="Filter the audit log">
        {text("actor", "Who", "E-mail, key or id")}
        {text("action", "Action", "Such as PublishJourney")}
        {text("target", "To what", "Its id")}
        <DateTimeInput
          label="From"
          value={filter.fromTime || undefined}
          onChange={(value) => address.set("fromTime", value)}
        />
        <DateTimeInput
          label="Until"
          value={filter.untilTime || undefined}
          onChange={(value) => address.set("untilTime", value)}
        />
        {isFiltered ? (
          <Button size="xs" variant="subtle" color="gray" onClick={address.clear}>
            Clear filters
          </Button>
        ) : null}
      </div>
      {exported.error ? (
        <Alert color="red" role="alert" py="xs" m="md">
          {messageOf(exported.error)}
        </Alert>
      ) : null}
      {audit.error && !entries ? <Failed error={audit.error} retry={() => void audit.refetch()} /> : null}
      {audit.isPending ? <Loading label="Loading the audit log" /> : null}
      {entries?.length === 0 ? (
        isFiltered ? (
          <Empty title="No entries match">Try fewer filters, or a longer time.</Empty>
        ) : (
          <Empty title="Nothing here yet" icon={<ScrollText size={20} />}>
            Sign-ins, invitations, keys, published journeys, exports and erasures appear here.
          </Empty>
        )
      ) : null}
      {entries?.length ? <AuditTable entries={entries} filterBy={address.set} /> : null}
      {audit.hasNextPage ? (
        <div className={classes.more}>
          <Button
            variant="default"
            size="xs"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}
