import { Anchor, Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { CircleHelp, CircleStop, Download, History, Search, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { ListEnrollmentsResponseJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { useCounts } from "../draft/calls";
import { useSignedIn } from "../session/session";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PartHeader } from "../ui/PageHeader";
import { Empty } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";
import { saveFile } from "../ui/saveFile";
import { Time } from "../ui/Time";
import { attempt } from "../ui/Toasts";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import { type Enrollment, nodeName, peoplePath, useJourney, useNodes } from "./calls";
import { EarlierStops } from "./EarlierStops";
import { EnrollPeople } from "./EnrollPeople";
import { exportPeople } from "./exportPeople";
import classes from "./PeoplePage.module.css";
import { StatusFilter } from "./StatusFilter";
import { StopButton } from "./StopButton";
import { StopPeople } from "./StopPeople";
import { WhyNot } from "./WhyNot";
import { personOf, sourceInWords } from "./words";

export function PeoplePage() {
  const { journeyId } = useParams() as { journeyId: string };
  const { may } = useSignedIn();
  const filter = useFilter();
  const [enrolling, setEnrolling] = useState(false);
  const [asking, setAsking] = useState(false);
  const [stopping, setStopping] = useState(false);
  const [lookingBack, setLookingBack] = useState(false);
  const status = filter.of("status");
  const nodeId = filter.of("node");
  const userId = filter.of("user");
  const find = useDebouncedCallback((value: string) => filter.set("user", value.trim()), 300);

  const journey = useJourney(journeyId).data;
  const nodes = useNodes(journeyId, journey?.version ?? 0);
  const counts = useCounts([journeyId], 5_000).data?.get(journeyId);
  const shown = { status: status ? [status] : [], nodeId, userId };
  const pages = usePages<ListEnrollmentsResponseJson>(peoplePath(journeyId), shown, { refetchInterval: 5_000 });
  const download = useMutation({ mutationFn: () => exportPeople(journeyId, shown) });
  const save = async () => {
    const parts = await attempt(download.mutateAsync());
    if (parts) saveFile(`people-${journey?.key || journeyId}.csv`, parts, "text/csv");
  };
  const takesPeople = may("EDITOR") && journey?.status === "PUBLISHED";

  const columns: Column<Enrollment>[] = [
    {
      title: "Person",
      cell: (enrollment) => (
        <span className={classes.person}>
          <Anchor component={Link} to={`/journeys/${journeyId}/people/${enrollment.id}`} className={classes.link!}>
            {personOf(enrollment)}
          </Anchor>
          {enrollment.userId ? null : <span className={classes.note}>visitor</span>}
          {enrollment.attempt > 1 ? <span className={classes.note}>attempt {enrollment.attempt}</span> : null}
        </span>
      ),
    },
    { title: "Status", width: 120, cell: (enrollment) => <StatusBadge status={enrollment.status} /> },
    {
      title: "At",
      cell: (enrollment) => (
        <span className={classes.node}>{enrollment.outcome || nodeName(nodes, enrollment.currentNodeId)}</span>
      ),
    },
    {
      title: "Wakes",
      width: 120,
      cell: (enrollment) => <Time value={enrollment.status === "ACTIVE" ? enrollment.wakeTime : undefined} />,
    },
    {
      title: "Entered via",
      width: 140,
      cell: (enrollment) => <span className={classes.source}>{sourceInWords(enrollment.source)}</span>,
    },
    { title: "Entered", width: 120, cell: (enrollment) => <Time value={enrollment.enterTime} /> },
    { title: "Version", number: true, width: 80, cell: (enrollment) => enrollment.journeyVersion },
    {
      title: "Actions",
      bare: true,
      width: 48,
      cell: (enrollment) =>
        enrollment.status === "ACTIVE" && may("EDITOR") ? <StopButton enrollment={enrollment} /> : null,
    },
  ];

  const isFiltered = status !== "" || nodeId !== "" || userId !== "";
  return (
    <Page wide>
      <PartHeader
        title="People"
        about="Everybody who is or was in this journey, and where they are."
        actions={
          <>
            <Button
              variant="default"
              leftSection={<CircleHelp size={15} aria-hidden />}
              onClick={() => setAsking(true)}
            >
              Why is this user not in the journey?
            </Button>
            <Button
              variant="default"
              leftSection={<Download size={15} aria-hidden />}
              loading={download.isPending}
              disabled={!pages.answer?.enrollments.length}
              onClick={() => void save()}
            >
              Export as CSV
            </Button>
            {may("EDITOR") && counts?.active ? (
              <Button
                variant="default"
                leftSection={<CircleStop size={15} aria-hidden />}
                onClick={() => setStopping(true)}
              >
                Stop people
              </Button>
            ) : null}
            {counts?.stopped ? (
              <Button
                variant="default"
                leftSection={<History size={15} aria-hidden />}
                onClick={() => setLookingBack(true)}
              >
                Earlier stops
              </Button>
            ) : null}
            {takesPeople ? (
              <Button leftSection={<UserPlus size={15} aria-hidden />} onClick={() => setEnrolling(true)}>
                Enroll people
              </Button>
            ) : null}
          </>
        }
      />
      <div className={classes.filters}>
        <StatusFilter value={status} onChange={(value) => filter.set("status", value)} counts={counts} />
        <div className={classes.right}>
          <Select
            size="xs"
            aria-label="At node"
            allowDeselect={false}
            searchable
            className={classes.nodes!}
            value={nodeId}
            onChange={(value) => filter.set("node", value ?? "")}
            data={[
              { value: "", label: "At any node" },
              ...[...nodes.values()].map((node) => ({ value: node.id ?? "", label: node.name || (node.id ?? "") })),
            ]}
          />
          <TextInput
            key={filter.cleared}
            size="xs"
            type="search"
            aria-label="Find a user id"
            placeholder="User id"
            leftSection={<Search size={14} aria-hidden />}
            defaultValue={userId}
            onChange={(event) => find(event.currentTarget.value)}
            className={classes.search!}
          />
        </div>
      </div>
      <PagedTable
        label="People in this journey"
        rows={pages.answer?.enrollments}
        columns={columns}
        rowKey={(enrollment) => enrollment.id}
        pages={pages}
        empty={
          isFiltered ? (
            <Empty
              title="No people match"
              action={
                <Button variant="default" onClick={filter.clear}>
                  Show everybody
                </Button>
              }
            >
              {userId
                ? "Only the exact user id matches. Ask why this user is not in to see what keeps them out."
                : "Try another status or node."}
            </Empty>
          ) : (
            <Empty
              title="Nobody yet"
              icon={<Users size={20} />}
              action={takesPeople ? <Button onClick={() => setEnrolling(true)}>Enroll people</Button> : null}
            >
              {journey && journey.status !== "PUBLISHED"
                ? "Publish the journey to let people in."
                : "People enter by a trigger, by matching the audience, by the SDK, or when you enroll them."}
            </Empty>
          )
        }
      />
      <EnrollPeople journeyId={journeyId} opened={enrolling} close={() => setEnrolling(false)} />
      <StopPeople
        journeyId={journeyId}
        nodes={nodes}
        nodeId={nodeId}
        opened={stopping}
        close={() => setStopping(false)}
      />
      <EarlierStops journeyId={journeyId} opened={lookingBack} close={() => setLookingBack(false)} />
      <WhyNot journeyId={journeyId} opened={asking} close={() => setAsking(false)} />
    </Page>
  );
}
