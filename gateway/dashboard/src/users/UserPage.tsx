import { Anchor, Button, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { type Answer, api, path } from "../api/api";
import { queryClient } from "../api/queryClient";
import type {
  EraseUserResponseJson,
  GetUserResponseJson,
  UserDocumentJson,
} from "../contract/journeys/enrollment/v1/profile_service_pb";
import { useSignedIn } from "../session/session";
import { BackLink } from "../ui/BackLink";
import { useConfirm } from "../ui/Confirm";
import { Page, PageHeader } from "../ui/PageHeader";
import { Facts, Panel } from "../ui/Panel";
import { Failed, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";
import { saveFile } from "../ui/saveFile";
import { Time } from "../ui/Time";
import { attempt, toast } from "../ui/Toasts";
import { Events } from "./Events";
import classes from "./UserPage.module.css";
import { entriesOf, nickname, valueText } from "./words";

type Known = Answer<GetUserResponseJson>;

/** Shows the stored data of one user, and the user's positions. */
export function UserPage() {
  const { userId } = useParams() as { userId: string };
  const read = useQuery({
    queryKey: ["/api/users", "one", userId],
    queryFn: ({ signal }) => api.get<GetUserResponseJson>(path`/api/users/${userId}`, {}, signal),
    refetchInterval: 10_000,
  });
  if (read.error && !read.data) return <Failed error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <Loading label="Loading the user" />;
  const { user, events, journeys, userLists } = read.data;
  return (
    <Page>
      <BackLink to="/users">Users</BackLink>
      <PageHeader
        title={userId}
        about={nickname({ userId, ...(user?.traits ? { traits: user.traits } : {}) }) || "A user"}
        actions={<Actions userId={userId} />}
      />
      <div className={classes.columns}>
        <div className={classes.main}>
          <Panel title="Journeys" about="Newest attempts.">
            <Positions journeys={journeys} />
          </Panel>
          <Panel title="Events" about={events.length === 100 ? "The newest 100." : "Newest first."}>
            <Events events={events} />
          </Panel>
        </div>
        <div className={classes.main}>
          <Panel title="Traits">
            {entriesOf(user?.traits).length > 0 ? (
              <Facts facts={entriesOf(user?.traits).map(([name, value]) => [name, valueText(value)] as const)} />
            ) : (
              <Nothing>None known.</Nothing>
            )}
          </Panel>
          <Panel title="About">
            <Facts facts={factsOf(user, userLists)} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Actions({ userId }: { userId: string }) {
  const { may } = useSignedIn();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const download = useMutation({ mutationFn: () => api.get<UserDocumentJson>(path`/api/users/${userId}/export`) });
  const save = async () => {
    const document = await attempt(download.mutateAsync());
    if (document) saveFile(`${userId}.json`, JSON.stringify(document, null, 2), "application/json");
  };
  const erase = () =>
    confirm({
      title: `Erase ${userId}?`,
      body: (
        <>
          <p className={classes.first}>This cannot be undone, and cannot be cancelled once it has started:</p>
          <ul className={classes.effects}>
            <li>
              traits, events, enrollments and their history are deleted: immediately from every answer, and from the
              database by a job;
            </li>
            <li>the user leaves every journey they are in and every list;</li>
            <li>the same id cannot be used again: later calls with it are refused with the reason ERASED;</li>
            <li>counts in analytics stay, without the person.</li>
          </ul>
        </>
      ),
      confirm: "Erase",
      dangerous: true,
      typed: userId,
      run: async () => {
        await api.delete<EraseUserResponseJson>(path`/api/users/${userId}`);
        await navigate("/jobs");
        queryClient.removeQueries({ queryKey: ["/api/users"] });
        toast(`${userId} is being erased`);
      },
    });
  return (
    <>
      <Button
        variant="default"
        leftSection={<Download size={15} aria-hidden />}
        loading={download.isPending}
        onClick={() => void save()}
      >
        Export
      </Button>
      {may("ADMIN") ? (
        <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={erase}>
          Erase
        </Button>
      ) : null}
    </>
  );
}

function Positions({ journeys }: { journeys: Known["journeys"] }) {
  if (journeys.length === 0) return <Nothing>This user has never been in a journey.</Nothing>;
  return (
    <ul className={classes.journeys}>
      {journeys.map(({ journeyId, journeyName, enrollment }) => (
        <li key={enrollment?.id ?? journeyId}>
          <Anchor
            component={Link}
            size="sm"
            to={`/journeys/${journeyId}/people/${enrollment?.id}`}
            className={classes.journey!}
          >
            {journeyName}
          </Anchor>
          {enrollment ? <StatusBadge status={enrollment.status} /> : null}
          <span className={classes.where}>{enrollment?.outcome || enrollment?.currentNodeId}</span>
          <span className={classes.when}>
            <Time value={enrollment?.updateTime} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function factsOf(user: Known["user"], userLists: readonly string[]) {
  const { device, browser, role, timeZone, locale, location } = user?.context ?? {};
  const facts: [string, ReactNode][] = [
    ["First seen", <Time key="first" value={user?.createTime} show="exact" />],
    ["Last seen", <Time key="last" value={user?.seenTime} show="exact" />],
    ["User lists", userLists.join(", ")],
    ["Visitor id", (user?.anonymousIds ?? []).join(", ")],
    ["Role", role],
    ["Device", [device?.type, device?.os, device?.browser ?? browser].filter(Boolean).join(", ")],
    ["Time zone", timeZone],
    ["Locale", locale],
    [
      "Location",
      entriesOf(location)
        .map(([name, value]) => `${name} ${valueText(value)}`)
        .join(", "),
    ],
  ];
  return facts.filter(([, value]) => value);
}

function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
