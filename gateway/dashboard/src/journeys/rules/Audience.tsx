import { Button, Group, Select, Text } from "@mantine/core";
import { ExternalLink, Plus } from "lucide-react";
import { Link } from "react-router";
import { useDraft } from "../../draft/draft";
import { MatchCount } from "../../rules/MatchCount";
import { ruleInWords } from "../../rules/words";
import { Section } from "../Section";
import { useDraftAudience } from "../useDraftAudience";
import classes from "./rules.module.css";

/** Edits who can enter by a trigger. */
export function Audience() {
  const { design, change, readOnly } = useDraft();
  const { audiences, audience } = useDraftAudience();
  return (
    <Section
      title="Audience"
      effect={
        design.audienceId
          ? "People who match it when a trigger fires can enter. People inside stay, even when they no longer match. " +
            "It does not apply to people enrolled by name."
          : "Everybody who fires a trigger can enter."
      }
    >
      <Group gap="xs" align="flex-end">
        <Select
          className={classes.grow!}
          aria-label="Audience"
          placeholder="Everybody"
          clearable
          searchable
          nothingFoundMessage="No audience of that name"
          disabled={readOnly}
          data={(audiences.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={design.audienceId || null}
          onChange={(id) => change({ audienceId: id ?? "" })}
          clearButtonProps={{ "aria-label": "Everybody" }}
        />
        {audience ? (
          <Button
            variant="default"
            component={Link}
            to={`/audiences/${audience.id}`}
            rightSection={<ExternalLink size={14} aria-hidden />}
          >
            Open
          </Button>
        ) : (
          <Button variant="default" component={Link} to="/audiences" leftSection={<Plus size={14} aria-hidden />}>
            New audience
          </Button>
        )}
      </Group>
      {audience ? (
        <Text size="sm" c="dimmed" mt={8}>
          {ruleInWords(audience.rule)}
        </Text>
      ) : null}
      {audience ? <MatchCount rule={audience.rule} /> : null}
    </Section>
  );
}
