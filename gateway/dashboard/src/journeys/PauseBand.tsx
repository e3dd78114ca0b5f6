import { Button } from "@mantine/core";
import { Pause } from "lucide-react";
import { useState } from "react";
import type { Journey } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { useSignedIn } from "../session/session";
import { useMemberName } from "../settings/useMemberName";
import { Time } from "../ui/Time";
import classes from "./PauseBand.module.css";
import { PauseDialog } from "./PauseDialog";
import { ResumeDialog } from "./ResumeDialog";

/** Shows on a paused journey since when, by whom, why and until when it is paused. */
export function PauseBand() {
  const { journey } = useDraft();
  const { may } = useSignedIn();
  const [changing, setChanging] = useState(false);
  const [resuming, setResuming] = useState(false);
  return (
    <div role="status" aria-live="polite">
      {journey.status === "PAUSED" ? (
        <div className={classes.band}>
          <Pause size={16} aria-hidden />
          <Paused pause={journey.pause} />
          {may("EDITOR") ? (
            <div className={classes.actions}>
              <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
                Change
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setResuming(true)}>
                Resume
              </Button>
            </div>
          ) : null}
          <PauseDialog journey={journey} opened={changing} close={() => setChanging(false)} />
        </div>
      ) : null}
      <ResumeDialog journey={journey} opened={resuming} close={() => setResuming(false)} />
    </div>
  );
}

function Paused({ pause }: Pick<Journey, "pause">) {
  const name = useMemberName()(pause?.pausedBy ?? "");
  return (
    <p className={classes.text}>
      <strong>This journey is paused.</strong> Nobody enters or moves.{" "}
      {pause ? (
        <>
          Paused <Time value={pause.pauseTime} />
          {name ? ` by ${name}` : ""}
          {pause.reason ? `: ${pause.reason}` : "."}
        </>
      ) : null}
      {pause?.resumeTime ? (
        <span className={classes.until}>
          It resumes automatically on <Time value={pause.resumeTime} show="exact" />.
        </span>
      ) : null}
    </p>
  );
}
