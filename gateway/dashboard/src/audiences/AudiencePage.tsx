import { Alert, Button, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { ApiError } from "../api/api";
import { queryClient } from "../api/queryClient";
import { useRequestId } from "../api/useRequestId";
import { MatchCount } from "../rules/MatchCount";
import { RuleEditor } from "../rules/RuleEditor";
import { isComplete } from "../rules/shapes";
import { useSignedIn } from "../session/session";
import { BackLink } from "../ui/BackLink";
import { useConfirm } from "../ui/Confirm";
import { OnItsWay } from "../ui/OnItsWay";
import { Page, PageHeader } from "../ui/PageHeader";
import { Panel } from "../ui/Panel";
import { Failed, fieldSentence, Loading, messageOf } from "../ui/States";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { useLeaveGuard } from "../ui/useLeaveGuard";
import classes from "./AudiencePage.module.css";
import {
  type Audience,
  type AudienceDesign,
  audiencesPath,
  deleteAudience,
  refreshAudiences,
  saveAudience,
  useAudience,
} from "./calls";
import { Sample } from "./Sample";

export function AudiencePage() {
  const { audienceId } = useParams() as { audienceId: string };
  const audience = useAudience(audienceId);
  if (audienceId === "new") return <Editor key="new" audience={undefined} />;
  if (audience.error && !audience.data) return <Failed error={audience.error} retry={() => void audience.refetch()} />;
  if (!audience.data) return <Loading label="Loading the audience" />;
  return <Editor key={audienceId} audience={audience.data} />;
}

const designOf = (audience: Audience | undefined): AudienceDesign => ({
  name: audience?.name ?? "",
  description: audience?.description ?? "",
  rule: audience?.rule,
});

/** Saved by a button, not while typing, because an audience is live and a half-written rule would enroll people. */
function Editor({ audience: current }: { audience: Audience | undefined }) {
  const { may } = useSignedIn();
  const navigate = useNavigate();
  const confirm = useConfirm();
  // The audience as it was when editing began, so that its revision reveals changes by others.
  const [audience, setAudience] = useState(current);
  const [design, setDesign] = useState(() => designOf(current));
  const change = (part: Partial<AudienceDesign>) => setDesign((before) => ({ ...before, ...part }));
  const show = (next: Audience) => {
    setAudience(next);
    setDesign(designOf(next));
  };
  const isDirty = JSON.stringify(design) !== JSON.stringify(designOf(audience));
  const { guard, pass } = useLeaveGuard(design.name.trim() || "this audience", isDirty);
  const requestId = useRequestId(design);
  const save = useMutation({
    mutationFn: () => saveAudience(audience, design, requestId),
    onSuccess: (saved) => {
      toast(`${saved.name} is saved`);
      if (audience) show(saved);
      else void pass(() => navigate(`/audiences/${saved.id}`, { replace: true }));
    },
  });

  const readOnly = !may("EDITOR");
  const isStale = save.error instanceof ApiError && save.error.reason === "STALE_REVISION";
  const reload = async () => {
    await queryClient.refetchQueries({ queryKey: [audiencesPath, audience!.id] });
    show(queryClient.getQueryData<Audience>([audiencesPath, audience!.id])!);
    save.reset();
  };
  const remove = (which: Audience) =>
    confirm({
      title: `Delete ${which.name}?`,
      body: "The rule is deleted; the people stay. This cannot be undone.",
      confirm: "Delete",
      dangerous: true,
      run: async () => {
        await deleteAudience(which);
        toast(`${which.name} is deleted`);
        // Leaves the page first, so that nothing reads the deleted audience again.
        await pass(() => navigate("/audiences"));
        await refreshAudiences();
      },
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };

  return (
    <Page>
      {guard}
      <BackLink to="/audiences">Audiences</BackLink>
      <form onSubmit={submit}>
        <PageHeader
          title={audience?.name ?? "New audience"}
          about={
            audience ? (
              <>
                {usedBy(audience.journeys)}. Changed <Time value={audience.updateTime} />. Key: {audience.key}.{" "}
                <OnItsWay of={current ?? audience} />
              </>
            ) : (
              "Everybody who matches the rule."
            )
          }
          actions={
            readOnly ? null : (
              <>
                {audience ? (
                  <Button
                    variant="default"
                    leftSection={<Trash2 size={15} aria-hidden />}
                    onClick={() => remove(audience)}
                  >
                    Delete
                  </Button>
                ) : null}
                <Button
                  type="submit"
                  loading={save.isPending}
                  disabled={!isDirty || !design.name.trim() || !design.rule || !isComplete(design.rule)}
                >
                  {audience ? "Save" : "Create"}
                </Button>
              </>
            )
          }
        />
        {save.error ? (
          <Alert color="red" role="alert" mb="md">
            {isStale
              ? "Somebody else has changed this audience in the meantime. Your changes were not saved."
              : messageOf(save.error)}
            {isStale ? (
              <Button size="compact-sm" variant="default" ml="sm" onClick={() => void reload()}>
                Take their version
              </Button>
            ) : null}
          </Alert>
        ) : null}
        <div className={classes.columns}>
          <div className={classes.main}>
            <Panel
              title="Who belongs to it"
              about={
                audience && audience.journeys > 0
                  ? "Saving immediately changes who can enter the journeys that use it. People who are inside stay."
                  : undefined
              }
            >
              <RuleEditor
                label="Audience"
                value={design.rule}
                onChange={(rule) => change({ rule })}
                scope="person"
                readOnly={readOnly}
              />
              {design.rule ? <MatchCount rule={design.rule} /> : null}
            </Panel>
            <Panel title="About">
              <div className={classes.about}>
                <TextInput
                  label="Name"
                  required
                  maxLength={255}
                  readOnly={readOnly}
                  value={design.name}
                  error={fieldSentence(save.error, "name")}
                  onChange={(event) => change({ name: event.currentTarget.value })}
                />
                <Textarea
                  label="Description"
                  autosize
                  minRows={2}
                  maxLength={4096}
                  readOnly={readOnly}
                  value={design.description}
                  error={fieldSentence(save.error, "description")}
                  onChange={(event) => change({ description: event.currentTarget.value })}
                />
              </div>
            </Panel>
          </div>
          <Sample rule={design.rule} />
        </div>
      </form>
    </Page>
  );
}

const usedBy = (journeys: number): string =>
  journeys === 0 ? "Not used by any journey" : `Used by ${journeys === 1 ? "1 journey" : `${journeys} journeys`}`;
