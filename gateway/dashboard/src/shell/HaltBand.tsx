import { OctagonPause } from "lucide-react";
import { useSignedIn } from "../session/session";
import { useHalt } from "../settings/halt";
import { useMemberName } from "../settings/useMemberName";
import { Time } from "../ui/Time";
import classes from "./HaltBand.module.css";

/** Tells everybody on a halted site, on every page, since when, by whom and why. */
export function HaltBand() {
  const { site } = useSignedIn();
  const halt = useHalt(site.id).data;
  return (
    <div className={classes.place} role="status" aria-live="polite">
      {halt?.halted ? (
        <div className={classes.band}>
          <OctagonPause size={16} aria-hidden />
          <Halted time={halt.haltTime} by={halt.haltedBy} reason={halt.reason} />
        </div>
      ) : null}
    </div>
  );
}

function Halted({ time, by, reason }: { time: string | undefined; by: string; reason: string }) {
  const name = useMemberName()(by);
  return (
    <p className={classes.text}>
      <strong>This site is halted.</strong> Nobody enters a journey or moves in one. Halted <Time value={time} />
      {name ? ` by ${name}` : ""}
      {reason ? `: ${reason}` : "."}
    </p>
  );
}
