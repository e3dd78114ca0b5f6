import { Anchor, Button, SegmentedControl } from "@mantine/core";
import { Activity } from "lucide-react";
import { Link } from "react-router";
import { path } from "../api/api";
import type { ListJobsResponseJson } from "../contract/journeys/scheduler/v1/scheduler_service_pb";
import { useSignedIn } from "../session/session";
import { useConfirm } from "../ui/Confirm";
import { type Column, PagedTable } from "../ui/PagedTable";
import { Page, PageHeader } from "../ui/PageHeader";
import { Empty } from "../ui/States";
import { StatusBadge } from "../ui/StatusBadge";
import { Time } from "../ui/Time";
import { toast } from "../ui/Toasts";
import { useFilter } from "../ui/useFilter";
import { usePages } from "../ui/usePages";
import { cancelJob, type Job, jobsPath, useSubjects } from "./calls";
import { JobProgress } from "./JobProgress";
import classes from "./JobsPage.module.css";
import { kindInWords } from "./words";

const statuses = [
  { value: "", label: "All" },
  { value: "RUNNING", label: "Running" },
  { value: "COMPLETED", label: "Completed" },
  { value: "FAILED", label: "Failed" },
  { value: "CANCELLED", label: "Cancelled" },
];

export function JobsPage() {
  const { may } = useSignedIn();
  const confirm = useConfirm();
  const filter = useFilter();
  const status = filter.of("status");
  const pages = usePages<ListJobsResponseJson>(
    jobsPath,
    { status: status ? [status] : [] },
    { refetchInterval: 2_000 },
  );
  const jobs = pages.answer?.jobs;
  const nameOf = useSubjects(jobs ?? []);

  const cancel = (job: Job) =>
    confirm({
      title: "Cancel this job?",
      body: "No more people are processed. What has been done so far stays done.",
      confirm: "Cancel the job",
      dangerous: true,
      run: () =>
        cancelJob(job.id).then((ended) =>
          toast(ended.status === "CANCELLED" ? "The job is cancelled" : "The job had already ended"),
        ),
    });

  const columns: Column<Job>[] = [
    { title: "What", cell: (job) => <What job={job} nameOf={nameOf} /> },
    { title: "Status", width: 120, cell: (job) => <StatusBadge status={job.status} /> },
    {
      title: "Progress",
      width: 300,
      cell: (job) => (
        <>
          <JobProgress job={job} label={`Progress: ${kindInWords(job.kind)}`} />
          {job.error ? <span className={classes.error}>{job.error}</span> : null}
        </>
      ),
    },
    { title: "Began", width: 120, cell: (job) => <Time value={job.createTime} /> },
    { title: "Ended", width: 120, cell: (job) => <Time value={job.endTime} /> },
    {
      title: "Actions",
      bare: true,
      width: 84,
      cell: (job) =>
        job.status === "RUNNING" && job.kind !== "ERASURE" && may("EDITOR") ? (
          <Button size="compact-xs" variant="default" onClick={() => cancel(job)}>
            Cancel
          </Button>
        ) : null,
    },
  ];
  return (
    <Page wide>
      <PageHeader title="Jobs" about="Background work on many people. After a crash it continues where it was." />
      <SegmentedControl
        size="xs"
        className={classes.filter!}
        data={statuses}
        value={status}
        aria-label="Status"
        onChange={(value) => filter.set("status", value)}
      />
      <PagedTable
        label="Jobs"
        rows={jobs}
        columns={columns}
        rowKey={(job) => job.id}
        pages={pages}
        empty={
          status ? (
            <Empty title="No jobs match">Try another status.</Empty>
          ) : (
            <Empty title="No jobs yet" icon={<Activity size={20} />}>
              Enrolling a list or by a rule, publishing a journey with auto-enrollment, archiving, resuming, stopping
              people, undoing that and erasing run as jobs and appear here.
            </Empty>
          )
        }
      />
    </Page>
  );
}

/** Shows what a job does, and its subject. */
function What({ job, nameOf }: { job: Job; nameOf: (id: string) => string | undefined }) {
  const journey = nameOf(job.journeyId);
  return (
    <div className={classes.what}>
      <span className={classes.kind}>{kindInWords(job.kind)}</span>
      <span className={classes.about}>
        {job.kind === "LIST_ENROLLMENT" && job.subjectId ? (
          <Anchor component={Link} size="xs" to={`/lists/${job.subjectId}`}>
            {nameOf(job.subjectId) ?? "a list"}
          </Anchor>
        ) : null}
        {job.kind === "AUDIENCE_SWEEP" && job.subjectId ? (
          <Anchor component={Link} size="xs" to={path`/audiences/${job.subjectId}`}>
            {nameOf(job.subjectId) ?? "an audience"}
          </Anchor>
        ) : null}
        {job.journeyId ? (
          <Anchor component={Link} size="xs" to={`/journeys/${job.journeyId}/people`}>
            {journey ?? "a journey"}
          </Anchor>
        ) : null}
      </span>
    </div>
  );
}
