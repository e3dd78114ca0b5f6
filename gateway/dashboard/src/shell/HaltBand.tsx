import { OctagonPause } from "lucide-react";
import { useSignedIn } from "../session/session";
import { inForce, type SiteHalt, useHalt } from "../settings/halt";
import { useMemberName } from "../settings/useMemberName";
import { Time } from "../ui/Time";
import classes from "./HaltBand.module.css";

/** Shows on every page of a halted site since when, by whom and why it is halted. */
export function HaltBand() {
  const { site } = useSignedIn();
  const halt = useHalt(site.id).data;
  return (
    <div className={classes.place} role="status" aria-live="polite">
      {halt?.halted ? (
        <div className={classes.band}>
          <OctagonPause size={16} aria-hidden />
          <Halted halt={halt} />
        </div>
      ) : null}
    </div>
  );
}

function Halted({ halt }: { halt: SiteHalt }) {
  const name = useMemberName()(halt.haltedBy);
  return (
    <p className={classes.text}>
      <strong>This site is halted.</strong> {inForce(halt)} Halted <Time value={halt.haltTime} />
      {name ? ` by ${name}` : ""}
      {halt.reason ? `: ${halt.reason}` : "."}
    </p>
  );
}
