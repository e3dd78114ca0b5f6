import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useConfirm } from "../ui/Confirm";
import { Panel } from "../ui/Panel";
import classes from "../ui/Settings.module.css";
import { Failed, Loading } from "../ui/States";
import { toast } from "../ui/Toasts";
import { inFull } from "../ui/times";
import { countLive, haltSite, inForce, resumeSite, useHalt } from "./halt";

const journeysOf = (live: number) => (live === 1 ? "1 live journey" : `${inFull(live)} live journeys`);

/** Halts all journeys of the site, and resumes them. */
export function Halt({ siteId, readOnly }: { siteId: string; readOnly: boolean }) {
  const halt = useHalt(siteId);
  const live = useQuery({ queryKey: ["live", siteId], queryFn: countLive });
  const confirm = useConfirm();
  const [reason, setReason] = useState("");
  if (halt.error && !halt.data) return <Failed error={halt.error} retry={() => void halt.refetch()} />;
  if (!halt.data) return <Loading label="Loading the site's status" />;

  const count = async () => journeysOf((await live.refetch()).data ?? 0);
  const stop = async () =>
    confirm({
      title: "Halt this site?",
      body:
        `${await count()} will behave as if paused: nobody enters, nobody moves, ` +
        "and pages show no steps until an admin " +
        "resumes the site. Everybody inside keeps their exact place, and reports and events are kept. " +
        "No journey's status changes.",
      confirm: "Halt site",
      dangerous: true,
      run: () => haltSite(siteId, reason.trim()).then(() => setReason("")),
    });
  const resume = async () =>
    confirm({
      title: "Resume this site?",
      body:
        `${await count()} will continue: what arrived in the meantime is applied in order, ` +
        "and waits that ended are released gradually. Journeys that are paused stay paused.",
      confirm: "Resume",
      run: () =>
        resumeSite(siteId).then(({ appliedEverywhere }) =>
          toast(appliedEverywhere ? "The site is resumed" : "The site is being resumed"),
        ),
    });

  return (
    <Panel
      title="Halt"
      about="Stops all journeys of this site at once, if something is wrong and you do not know which journey it is."
    >
      <div className={classes.form}>
        {!halt.data.halted && inForce(halt.data) ? <p>{inForce(halt.data)}</p> : null}
        {halt.data.halted ? (
          <p>The site is halted. {inForce(halt.data)}</p>
        ) : (
          <Textarea
            label="Reason"
            description="Shown to all members while the site is halted"
            autosize
            minRows={2}
            maxRows={6}
            maxLength={1_000}
            readOnly={readOnly}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {readOnly ? null : halt.data.halted ? (
          <Button variant="default" onClick={() => void resume()}>
            Resume
          </Button>
        ) : (
          <Button color="red.8" onClick={() => void stop()}>
            Halt site
          </Button>
        )}
      </div>
    </Panel>
  );
}
