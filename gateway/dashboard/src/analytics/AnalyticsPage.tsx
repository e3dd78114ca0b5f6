import { SegmentedControl, Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChartNoAxesCombined } from "lucide-react";
import { useMemo } from "react";
import { api, path } from "../api/api";
import type { AnalyticsJson } from "../contract/journeys/enrollment/v1/enrollment_service_pb";
import { useVersion, useVersions } from "../draft/calls";
import { useDraft } from "../draft/draft";
import { readGraph } from "../graph/graph";
import { placed } from "../graph/layout";
import { Page, PartHeader } from "../ui/PageHeader";
import { Panel } from "../ui/Panel";
import { Empty, Failed, Loading } from "../ui/States";
import { Time } from "../ui/Time";
import { useFilter } from "../ui/useFilter";
import classes from "./AnalyticsPage.module.css";
import { Bars } from "./Bars";
import { ContentOutcomes } from "./ContentOutcomes";
import { CountedGraph } from "./CountedGraph";
import { daysAgo, entries, funnel } from "./numbers";
import { OverTime } from "./OverTime";
import { Responses } from "./Responses";
import { TimeSpent } from "./TimeSpent";
import { Totals } from "./Totals";

const ranges = [
  { value: "", label: "All time" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
];

/** The analytics of a journey: where people are, how far they get, how they end. Updates automatically. */
export function AnalyticsPage() {
  const { journey } = useDraft();
  const filter = useFilter();
  const version = Number(filter.of("version")) || 0;
  const days = Number(filter.of("days")) || 0;

  const from = days > 0 ? daysAgo(days, Date.now()) : undefined;
  const analytics = useQuery({
    queryKey: ["/api/analytics", journey.id, version, from],
    queryFn: ({ signal }) =>
      api.get<AnalyticsJson>(
        path`/api/journeys/${journey.id}/analytics`,
        { version: version || undefined, from },
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 5_000,
    enabled: journey.version > 0,
  });
  const versions = useVersions(journey.id);
  const shown = useVersion(journey.id, version || journey.version);
  // Keeps the same object as long as the version is the same, so that the canvas keeps its view.
  const graph = useMemo(() => placed(readGraph(shown.data?.design?.graph)), [shown.data]);
  // Falls back to the id, because several nodes of a kind must be distinguishable here.
  const title = (id: string) => graph.nodes.find((node) => node.id === id)?.name || id;

  if (journey.version === 0)
    return (
      <Empty title="Nothing to count yet" icon={<ChartNoAxesCombined size={20} />}>
        Once the journey is published and people enter, their steps are counted here.
      </Empty>
    );
  const error = analytics.error ?? shown.error;
  if (error && !(analytics.data && shown.data))
    return <Failed error={error} retry={() => void Promise.all([analytics.refetch(), shown.refetch()])} />;
  if (!analytics.data || !shown.data) return <Loading label="Loading the analytics" />;

  const { data } = analytics;
  const count = entries(data);
  return (
    <Page wide>
      <PartHeader
        title="Analytics"
        about={
          <>
            Updates automatically. Counted <Time value={data.countTime} />.
          </>
        }
        actions={
          <div className={classes.filters}>
            <Select
              size="xs"
              aria-label="Version"
              allowDeselect={false}
              className={classes.version!}
              value={String(version)}
              onChange={(value) => filter.set("version", value === "0" ? "" : (value ?? ""))}
              data={[
                { value: "0", label: "All versions" },
                ...(versions.data ?? []).map((each) => ({
                  value: String(each.version),
                  label: `Version ${each.version}`,
                })),
              ]}
            />
            <SegmentedControl
              size="xs"
              aria-label="Entered within"
              data={ranges}
              value={days ? String(days) : ""}
              onChange={(value) => filter.set("days", value)}
            />
          </div>
        }
      />
      <div className={classes.page} aria-busy={analytics.isPlaceholderData}>
        <Totals analytics={data} />
        <Panel
          title="Where people go"
          about={
            version === 0 && journey.version > 1
              ? `The newest version; counts of the same node in older versions are included.`
              : "How often each node was entered, each outcome reported and each edge taken, and who is there now."
          }
          flush
        >
          <CountedGraph journeyId={journey.id} graph={graph} analytics={data} />
        </Panel>
        <div className={classes.pair}>
          <Panel title="Funnel" about="How far people get, as a share of all who entered.">
            <Bars label="Funnel" bars={funnel(data, graph, title)} total={count} empty="Nobody has entered." />
          </Panel>
          <Panel title="Outcomes" about="The outcomes of those who completed the journey.">
            <Bars
              label="Outcomes"
              total={data.totals?.completed ?? 0}
              empty="Nobody has completed the journey yet."
              bars={data.outcomes
                .toSorted((a, b) => b.count - a.count)
                .map(({ outcome, count: each }) => ({
                  id: outcome,
                  label: outcome || "no outcome",
                  count: each,
                  share: each / (data.totals?.completed || 1),
                }))}
            />
          </Panel>
        </div>
        <Panel
          title="Content"
          about="What happened to content each time it was reached, on any branch. Pages report what was shown."
          flush
        >
          <ContentOutcomes nodes={data.nodes} graph={graph} title={title} />
        </Panel>
        <Responses journeyId={journey.id} graph={graph} version={version} from={from} title={title} />
        <Panel
          title="Over time"
          about="Enrollments, completions and goals per day (UTC), by the day on which they happened."
        >
          <OverTime analytics={data} from={from} />
        </Panel>
        <Panel title="Time spent" about="How long people who have left stayed at each node." flush>
          <TimeSpent nodes={data.nodes} graph={graph} title={title} />
        </Panel>
      </div>
    </Page>
  );
}
