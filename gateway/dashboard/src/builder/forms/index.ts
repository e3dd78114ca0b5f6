import type { ComponentType } from "react";
import type { NodeKind } from "../../graph/nodes/kind";
import { ConditionForm } from "./ConditionForm";
import { ContentForm } from "./ContentForm";
import { ExitForm } from "./ExitForm";
import { GoalCheckForm } from "./GoalCheckForm";
import type { NodeFormProps } from "./props";
import { SplitForm } from "./SplitForm";
import { TriggerForm } from "./TriggerForm";
import { WaitForEventForm } from "./WaitForEventForm";
import { WaitForm } from "./WaitForm";

/** The form for each kind of node. */
export const forms: Readonly<Record<NodeKind, ComponentType<NodeFormProps>>> = {
  trigger: TriggerForm,
  content: ContentForm,
  wait: WaitForm,
  waitForEvent: WaitForEventForm,
  condition: ConditionForm,
  split: SplitForm,
  goalCheck: GoalCheckForm,
  exit: ExitForm,
};
