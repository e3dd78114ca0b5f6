import { Alert, Text } from "@mantine/core";
import { useProblems } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { problemWords } from "../draft/problemWords";
import { Page } from "../ui/PageHeader";
import classes from "./EnrollmentRulesPage.module.css";
import { JourneyKey } from "./JourneyKey";
import { LeavesEarly } from "./LeavesEarly";
import { About } from "./rules/About";
import { Anonymous } from "./rules/Anonymous";
import { Audience } from "./rules/Audience";
import { AutoEnroll } from "./rules/AutoEnroll";
import { ComingBack } from "./rules/ComingBack";
import { Goal } from "./rules/Goal";
import { TimeZone } from "./rules/TimeZone";

/** Edits who enters a journey and how, how often, the goal, and who leaves early. Each setting explains its effect. */
export function EnrollmentRulesPage() {
  const { journey, autosave, readOnly } = useDraft();
  const problems = useProblems(journey.id, autosave.revision);
  const faults = (problems.data ?? []).filter(
    (problem) => !problem.nodeId && !problem.edgeId && !problem.field.startsWith("graph"),
  );
  return (
    <Page>
      <div className={classes.page}>
        <header>
          <h2 className={classes.title}>Enrollment rules</h2>
          <Text size="sm" c="dimmed">
            They are part of the draft: what you change here takes effect when you publish.
            {readOnly ? " You can view them, but not change them." : ""}
          </Text>
        </header>
        {faults.length > 0 ? (
          <Alert color="red" title="This keeps the journey from being published">
            {faults.map((each) => (
              <div key={each.code + each.field}>{problemWords(each)}</div>
            ))}
          </Alert>
        ) : null}
        <About />
        <Audience />
        <AutoEnroll />
        <Anonymous />
        <ComingBack />
        <Goal />
        <LeavesEarly />
        <TimeZone />
        <JourneyKey />
      </div>
    </Page>
  );
}
