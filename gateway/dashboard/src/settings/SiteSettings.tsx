import { Button, Group, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../api/api";
import { useSignedIn } from "../session/session";
import { Facts, Panel } from "../ui/Panel";
import { Refusal } from "../ui/Refusal";
import classes from "../ui/Settings.module.css";
import { Failed, fieldSentence, Loading, messageOf } from "../ui/States";
import { toast } from "../ui/Toasts";
import { changeSite, type Site, useSite } from "./calls";
import { Halt } from "./Halt";
import { originsOf } from "./origins";

/** Edits the name, allowed origins and user tokens of a site, and halts it. */
export function SiteSettings({ siteId }: { siteId: string }) {
  const { may } = useSignedIn();
  const site = useSite(siteId);
  if (site.error && !site.data) return <Failed error={site.error} retry={() => void site.refetch()} />;
  if (!site.data) return <Loading label="Loading the site" />;
  const readOnly = !may("ADMIN");
  return (
    <div className={classes.panels}>
      <Name site={site.data} readOnly={readOnly} />
      <Origins site={site.data} readOnly={readOnly} />
      <UserTokens site={site.data} readOnly={readOnly} />
      <Halt siteId={siteId} readOnly={readOnly} />
    </div>
  );
}

interface PartProps {
  site: Site;
  readOnly: boolean;
}

const useChange = (siteId: string, done: string) =>
  useMutation({
    mutationFn: (change: Parameters<typeof changeSite>[1]) => changeSite(siteId, change),
    onSuccess: () => toast(done),
  });

function Name({ site, readOnly }: PartProps) {
  const [name, setName] = useState(site.name);
  const change = useChange(site.id, "The name is saved");
  return (
    <Panel title="Site">
      <div className={classes.form}>
        <TextInput
          label="Name"
          maxLength={255}
          readOnly={readOnly}
          value={name}
          error={fieldSentence(change.error, "name")}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Facts
          facts={[
            [
              "Id",
              <code key="id" className={classes.code}>
                {site.id}
              </code>,
            ],
          ]}
        />
        {readOnly ? null : (
          <Button
            variant="default"
            disabled={!name.trim() || name.trim() === site.name}
            loading={change.isPending}
            onClick={() => change.mutate({ name: name.trim() })}
          >
            Save name
          </Button>
        )}
      </div>
    </Panel>
  );
}

function Origins({ site, readOnly }: PartProps) {
  const [text, setText] = useState(site.allowedOrigins.join("\n"));
  const origins = originsOf(text);
  const change = useChange(site.id, "The origins are saved");
  const fault = change.error
    ? faultOfOrigins(change.error, change.variables?.allowedOrigins?.origins ?? [])
    : undefined;
  const save = () =>
    change.mutate({ allowedOrigins: { origins } }, { onSuccess: (saved) => setText(saved.allowedOrigins.join("\n")) });
  return (
    <Panel title="Allowed origins" about="Web pages that may call with a publishable key. If empty, any page may.">
      <div className={classes.form}>
        <Textarea
          label="Origins"
          description="One per line, such as https://app.example.com; at most 50"
          autosize
          minRows={3}
          maxRows={12}
          readOnly={readOnly}
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {readOnly ? null : (
          <Button
            variant="default"
            disabled={origins.join("\n") === site.allowedOrigins.join("\n")}
            loading={change.isPending}
            onClick={save}
          >
            Save origins
          </Button>
        )}
      </div>
    </Panel>
  );
}

/** Names the origin that the server refused, because the error contains only its index. */
function faultOfOrigins(error: Error, origins: readonly string[]): string {
  const [first] = error instanceof ApiError ? error.errors : [];
  const origin = origins[Number(/\[(\d+)\]$/.exec(first?.field ?? "")?.[1] ?? -1)];
  return first && origin !== undefined ? `${origin} ${first.message}` : messageOf(error);
}

function UserTokens({ site, readOnly }: PartProps) {
  const [key, setKey] = useState("");
  const change = useChange(site.id, "Saved");
  const saveKey = () => change.mutate({ userTokenKey: key.trim() }, { onSuccess: () => setKey("") });
  return (
    <Panel
      title="Signed user tokens"
      about={
        "Without them, anyone who knows a user's id can act for that user from a page. " +
        "With them, your server signs a JWT whose sub is the user id, and the SDK sends it with each call."
      }
    >
      <div className={classes.form}>
        <Textarea
          label={site.hasUserTokenKey ? "Replace the key" : "Key to verify them"}
          description="At least 32 characters for HS256, or a PEM public key. It is not shown again."
          autosize
          minRows={2}
          maxRows={10}
          readOnly={readOnly}
          value={key}
          error={fieldSentence(change.error, "userTokenKey")}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {readOnly ? null : (
          <Group gap="xs">
            <Button variant="default" disabled={!key.trim()} loading={change.isPending} onClick={saveKey}>
              Save key
            </Button>
            {site.hasUserTokenKey && !site.requireUserToken ? (
              <Button variant="subtle" color="gray" onClick={() => change.mutate({ userTokenKey: "" })}>
                Remove key
              </Button>
            ) : null}
          </Group>
        )}
        <Switch
          label="Refuse calls for a user id without a signed token"
          description={site.hasUserTokenKey ? "A key is set." : "Set a key first."}
          checked={site.requireUserToken}
          disabled={readOnly || (!site.hasUserTokenKey && !site.requireUserToken)}
          onChange={(event) => change.mutate({ requireUserToken: event.currentTarget.checked })}
        />
        <Refusal error={change.error} shownAt={["userTokenKey"]} />
      </div>
    </Panel>
  );
}
