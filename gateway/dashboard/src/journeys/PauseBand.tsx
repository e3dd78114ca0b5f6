import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { type Journey, journeyKey, readRelease } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { useSignedIn } from "../session/session";
import { useMemberName } from "../settings/useMemberName";
import { Time } from "../ui/Time";
import { inFull, peopleInWords } from "../ui/times";
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
      ) : (
        <Releasing id={journey.id} isPublished={journey.status === "PUBLISHED"} />
      )}
      <ResumeDialog journey={journey} opened={resuming} close={() => setResuming(false)} />
    </div>
  );
}

/** The milliseconds between two looks at a release. */
const interval = 5_000;

/** Shows how many people have not continued yet after a pause. */
function Releasing({ id, isPublished }: { id: string; isPublished: boolean }) {
  const { data } = useQuery({
    queryKey: [...journeyKey(id), "release"],
    queryFn: ({ signal }) => readRelease(id, signal),
    enabled: isPublished,
    retry: false,
    refetchInterval: (query) => ((query.state.data?.peopleLeft ?? 0) > 0 ? interval : false),
  });
  if (!(isPublished && data && data.peopleLeft > 0)) return null;
  return (
    <div className={classes.band}>
      <Play size={16} aria-hidden />
      <p className={classes.text}>
        {peopleInWords(data.peopleLeft)} whose wait ended during the pause still{" "}
        {data.peopleLeft === 1 ? "continues" : "continue"}, at most {inFull(data.peoplePerSecond)} each second.
      </p>
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
