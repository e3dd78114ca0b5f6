import { Button, Menu } from "@mantine/core";
import { CalendarCheck, CopyCheck, Group as GroupIcon, Plus, Target, UserRound } from "lucide-react";
import type { RuleJson } from "../contract/journeys/rule/v1/rule_pb";
import type { EditorContext } from "./form";
import classes from "./RuleEditor.module.css";
import { blank, type RuleKind } from "./shapes";

const kinds: readonly { kind: RuleKind; label: string; about: string; icon: typeof Plus }[] = [
  { kind: "condition", label: "What we know about them", about: "Traits, role, device, location", icon: UserRound },
  { kind: "event", label: "What they did", about: "Events, how often, how recently", icon: CalendarCheck },
  { kind: "content", label: "Content they finished", about: "Completed, dismissed, skipped", icon: CopyCheck },
  { kind: "audience", label: "An audience they are in", about: "A rule with a name", icon: Target },
  { kind: "group", label: "A group of rules", about: "Joined with and / or", icon: GroupIcon },
];

// Rules may have ten levels, and the filter of an event needs one more level below itself.
const deepestGroup = 8;

/** Adds a part of any kind that is allowed here. */
export function AddPart({
  isFirst,
  depth,
  context,
  add,
}: {
  isFirst: boolean;
  depth: number;
  context: EditorContext;
  add: (rule: RuleJson) => void;
}) {
  const offered = kinds.filter(
    ({ kind }) =>
      (kind !== "group" || depth < deepestGroup) &&
      (context.scope !== "event" || kind === "condition" || kind === "group"),
  );
  return (
    <Menu position="bottom-start" width={260}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<Plus size={14} aria-hidden />}
          className={classes.add!}
        >
          {isFirst ? "Add a rule" : "Add"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ kind, label, about, icon: Icon }) => (
          <Menu.Item
            key={kind}
            leftSection={<Icon size={15} aria-hidden />}
            onClick={() => add(blank(kind, context.scope))}
          >
            {kind === "condition" && context.scope === "event" ? "A property of the event" : label}
            <span className={classes.about}>
              {kind === "condition" && context.scope === "event" ? "Compare it with a value" : about}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
