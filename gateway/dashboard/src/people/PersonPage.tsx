import { Anchor, Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api, path } from "../api/api";
import type { EnrollmentJson } from "../contract/journeys/enrollment/v1/enrollment_pb";
import type { ListVisitsResponseJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { useSignedIn } from "../session/session";
import { BackLink } from "../ui/BackLink";
import { Page, PartHeader } from "../ui/PageHeader";
import { Facts, Panel } from "../ui/Panel";
import { Failed, Loading } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";
import { Time } from "../ui/Time";
import { type Enrollment, peoplePath, useNodes } from "./calls";
import classes from "./PersonPage.module.css";
import { StopButton } from "./StopButton";
import { Timeline } from "./Timeline";
import { WaitingFor } from "./WaitingFor";
import { personOf, reasonInWords, sourceInWords } from "./words";

/** One enrollment: where the person is, what would move them, and every visit. */
export function PersonPage() {
  const { journeyId, enrollmentId } = useParams() as { journeyId: string; enrollmentId: string };
  const { may } = useSignedIn();
  const about = path`/api/journeys/${journeyId}/enrollments/${enrollmentId}`;
  const read = useQuery({
    queryKey: [peoplePath(journeyId), enrollmentId],
    queryFn: ({ signal }) => api.get<EnrollmentJson>(about, {}, signal),
    refetchInterval: 3_000,
  });
  const visits = useInfiniteQuery({
    // Reads the visits again whenever the enrollment has changed.
    queryKey: [peoplePath(journeyId), enrollmentId, "visits", read.data?.updateTime],
    queryFn: ({ signal, pageParam }) =>
      api.get<ListVisitsResponseJson>(`${about}/visits`, { pageSize: 200, pageToken: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
    enabled: read.data !== undefined,
    placeholderData: (before) => before,
  });
  const nodes = useNodes(journeyId, read.data?.journeyVersion ?? 0);

  if (read.error && !read.data) return <Failed error={read.error} retry={() => void read.refetch()} />;
  if (!read.data) return <Loading label="Loading the enrollment" />;
  const enrollment = read.data;
  const all = visits.data?.pages.flatMap((page) => page.visits);
  return (
    <Page>
      <BackLink to={`/journeys/${journeyId}/people`}>People</BackLink>
      <PartHeader
        title={personOf(enrollment)}
        about={
          <span className={classes.about}>
            <StatusBadge status={enrollment.status} />
            {enrollment.userId ? "User" : "Visitor who was not identified"}, attempt {enrollment.attempt}
          </span>
        }
        actions={
          <>
            {enrollment.userId ? (
              <Button component={Link} variant="default" to={path`/users/${enrollment.userId}`}>
                See the user
              </Button>
            ) : null}
            {enrollment.status === "ACTIVE" && may("EDITOR") ? <StopButton enrollment={enrollment} labelled /> : null}
          </>
        }
      />
      <div className={classes.columns}>
        <Panel title="Timeline" about="Every step, oldest first.">
          {visits.error && !all ? (
            <Failed error={visits.error} retry={() => void visits.refetch()} />
          ) : all ? (
            <Timeline
              visits={all}
              nodes={nodes}
              end={enrollment.completeTime}
              isHere={enrollment.status === "ACTIVE" && !visits.hasNextPage}
            />
          ) : (
            <Loading label="Loading the timeline" />
          )}
          {visits.hasNextPage ? (
            <Button
              variant="default"
              size="xs"
              loading={visits.isFetchingNextPage}
              onClick={() => void visits.fetchNextPage()}
            >
              Show more
            </Button>
          ) : null}
        </Panel>
        <div className={classes.side}>
          {enrollment.waiting ? <WaitingFor enrollment={enrollment} nodes={nodes} /> : null}
          <Panel title="Enrollment">
            <Facts facts={factsOf(enrollment)} />
          </Panel>
          <LetIn entry={enrollment.entry} />
        </div>
      </div>
    </Page>
  );
}

/** The properties that rules of the enrollment read as `entry.<path>`. */
function LetIn({ entry }: { entry: Enrollment["entry"] }) {
  const properties = Object.entries(entry ?? {});
  if (properties.length === 0) return null;
  return (
    <Panel title="What let them in" about="Rules read it as entry.<name>.">
      <Facts
        facts={properties.map(
          ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
        )}
      />
    </Panel>
  );
}

function factsOf(enrollment: Enrollment) {
  const { journeyId } = enrollment;
  return [
    ["Entered", <Time key="t" value={enrollment.enterTime} show="exact" />],
    ["Entered via", sourceInWords(enrollment.source)],
    [
      "Version",
      <Anchor key="v" size="sm" component={Link} to={`/journeys/${journeyId}/versions/${enrollment.journeyVersion}`}>
        {enrollment.journeyVersion}
      </Anchor>,
    ],
    ...(enrollment.anonymousId && enrollment.userId ? [["Visitor id", enrollment.anonymousId] as const] : []),
    ...(enrollment.completeTime
      ? [["Ended", <Time key="e" value={enrollment.completeTime} show="exact" />] as const]
      : []),
    ...(enrollment.outcome ? [["Outcome", enrollment.outcome] as const] : []),
    ...(enrollment.stopReason ? [["Why", reasonInWords(enrollment.stopReason)] as const] : []),
    ...(enrollment.goalTime
      ? [["Goal reached", <Time key="g" value={enrollment.goalTime} show="exact" />] as const]
      : []),
    ...(enrollment.mergedIntoId
      ? [
          [
            "Survivor",
            <Anchor key="m" size="sm" component={Link} to={`/journeys/${journeyId}/people/${enrollment.mergedIntoId}`}>
              its enrollment
            </Anchor>,
          ] as const,
        ]
      : []),
    [
      "Id",
      <code key="i" className={classes.id}>
        {enrollment.id}
      </code>,
    ],
  ] as const;
}
