import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { CircleCheck, KeyRound, Radio } from "lucide-react";
import { useState } from "react";
import { useSignedIn } from "../session/session";
import { CopyText } from "../ui/CopyText";
import { Panel } from "../ui/Panel";
import { Failed, messageOf } from "../ui/States";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { createKey, useSite } from "./calls";
import classes from "./Install.module.css";
import { identifySnippet, snippet } from "./snippet";

/** Shows the snippet for the customer's pages, and whether it works yet. */
export function Install({ siteId }: { siteId: string }) {
  const { may } = useSignedIn();
  const [key, setKey] = useState("");
  const create = useMutation({
    mutationFn: () => createKey(siteId, { kind: "PUBLISHABLE", name: "Web pages" }),
    onSuccess: (created) => {
      setKey(created.secret);
      toast("A publishable key is in the snippet; copy it now");
    },
    onError: (error) => toast(messageOf(error), true),
  });
  return (
    <div className={classes.steps}>
      <Installed siteId={siteId} />
      <Panel
        title="1. Put this into your pages"
        about={
          key
            ? "The key is in the snippet. It is not shown again."
            : "Add this to the head of every page, with your publishable key (pk_…). " +
              "Keys are shown once, so create a new one if yours is lost."
        }
        actions={
          may("ADMIN") && !key ? (
            <Button
              variant="default"
              size="xs"
              leftSection={<KeyRound size={14} aria-hidden />}
              loading={create.isPending}
              onClick={() => create.mutate()}
            >
              Create a key
            </Button>
          ) : null
        }
      >
        <CopyText label="Snippet" text={snippet(window.location.origin, key || "pk_…")} />
      </Panel>
      <Panel
        title="2. Say who it is"
        about="Call this as soon as a person has signed in to your product. What they did as a visitor becomes theirs."
      >
        <CopyText label="Identify" text={identifySnippet} />
      </Panel>
    </div>
  );
}

/** Shows whether the first event of a page has arrived. */
function Installed({ siteId }: { siteId: string }) {
  const site = useSite(siteId, (known) => (known?.firstEventTime ? false : 3_000));
  if (site.error && !site.data) return <Failed error={site.error} retry={() => void site.refetch()} />;
  const since = site.data?.firstEventTime;
  return (
    <div className={classes.installed} data-on={since !== undefined || undefined} role="status">
      {since ? <CircleCheck size={18} aria-hidden /> : <Radio size={18} aria-hidden />}
      <div>
        <strong>{since ? "It is installed" : site.data ? "Waiting for the first event" : "Is it installed?"}</strong>
        <span className={classes.about}>
          {since ? (
            <>
              The first event from a page came <Time value={since} />.
            </>
          ) : (
            "This lights up within seconds of the first visit to a page with the snippet."
          )}
        </span>
      </div>
    </div>
  );
}
