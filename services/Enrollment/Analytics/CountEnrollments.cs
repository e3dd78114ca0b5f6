using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Protos;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Analytics;

/// <summary>Reads the analytics of journeys from counts that every change has updated.</summary>
public sealed class CountEnrollments(AnalyticsStore store, TimeProvider time)
{
    /// <summary>The maximum number of days of a series; the newest ones are kept.</summary>
    public const int MaxDays = 400;

    /// <summary>Counts people by status, one result for each journey, in their order.</summary>
    public async Task<IReadOnlyList<Proto.CountEnrollmentsResponse.Types.Count>> ByStatusAsync(Guid siteId, Guid[] journeyIds, CancellationToken ct)
    {
        var counts = (await store.CountByStatusAsync(siteId, journeyIds, ct)).ToLookup(count => count.JourneyId, count => (count.Status, count.Count));
        return [.. journeyIds.Select(journeyId => Totals(journeyId, counts[journeyId]))];
    }

    /// <summary>
    /// Returns the analytics of one journey. A date range filters by the day (UTC) on which enrollments began.
    /// </summary>
    public async Task<Proto.Analytics> AnalyzeAsync(
        Guid siteId, Guid journeyId, int version, DateTimeOffset? from, DateTimeOffset? until, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var rows = await store.CountAsync(siteId, journeyId, version, Day(from) ?? DateOnly.MinValue, DayAfter(until) ?? DateOnly.MaxValue, ct);
        var entered = rows.Where(row => row.Kind == TallyKinds.Status).Sum(row => row.Amount);
        var reached = rows.Where(row => row.Kind == TallyKinds.Goal).Sum(row => row.Amount);

        return new()
        {
            JourneyId = journeyId.ToString(),
            Totals = Totals(journeyId, rows.Where(row => row.Kind == TallyKinds.Status).Select(row => (row.Label, row.Amount))),
            Nodes = { Nodes(rows) },
            Outcomes =
            {
                rows.Where(row => row.Kind == TallyKinds.Outcome).GroupBy(row => row.Label)
                    .OrderBy(outcome => outcome.Key, StringComparer.Ordinal)
                    .Select(outcome => new Proto.Analytics.Types.Outcome { Outcome_ = outcome.Key, Count = (int)outcome.Sum(row => row.Amount) }),
            },
            GoalReached = (int)reached,
            GoalConversion = entered == 0 ? 0 : (double)reached / entered,
            Days = { Days(rows) },
            CountTime = now.ToTimestamp(),
        };
    }

    static Proto.CountEnrollmentsResponse.Types.Count Totals(Guid journeyId, IEnumerable<(string Status, long Count)> counts)
    {
        var byStatus = counts.GroupBy(count => count.Status).ToDictionary(status => status.Key, status => (int)status.Sum(count => count.Count));
        return new()
        {
            JourneyId = journeyId.ToString(),
            Active = byStatus.GetValueOrDefault(EnrollmentStatuses.Active),
            Completed = byStatus.GetValueOrDefault(EnrollmentStatuses.Completed),
            Stopped = byStatus.GetValueOrDefault(EnrollmentStatuses.Stopped),
            Archived = byStatus.GetValueOrDefault(EnrollmentStatuses.Archived),
        };
    }

    static IEnumerable<Proto.Analytics.Types.Node> Nodes(IReadOnlyList<StatisticRow> rows)
    {
        var moves = rows.Where(row => row.Kind == TallyKinds.Moved).ToList();
        var arrivals = moves.ToLookup(row => (row.Version, NodeId: row.TargetId));
        var departures = moves.ToLookup(row => (row.Version, row.NodeId));
        var ended = rows.Where(row => row.Kind == TallyKinds.Ended).ToLookup(row => (row.Version, row.NodeId));
        var sightings = rows.Where(row => row.Kind is TallyKinds.Shown or TallyKinds.NotShown).ToLookup(row => (row.Version, row.NodeId, row.Kind));
        var reported = rows.Where(row => row.Kind == TallyKinds.Reported).ToLookup(row => (row.Version, row.NodeId, row.Label));

        return arrivals.OrderBy(node => node.Key).Select(node =>
        {
            var left = departures[node.Key].ToList();
            var spent = left.Select(row => (row.Bucket, row.Amount)).ToList();
            return new Proto.Analytics.Types.Node
            {
                Version = node.Key.Version,
                NodeId = node.Key.NodeId,
                Entered = Sum(node),
                HereNow = Sum(node) - Sum(left) - Sum(ended[node.Key]),
                Left =
                {
                    left.GroupBy(row => (row.Label, row.TargetId)).OrderBy(branch => branch.Key.Label, StringComparer.Ordinal)
                        .Select(branch => new Proto.Analytics.Types.Branch { Branch_ = branch.Key.Label, TargetNodeId = branch.Key.TargetId, Count = Sum(branch) }),
                },
                Shown = Sum(sightings[(node.Key.Version, node.Key.NodeId, TallyKinds.Shown)]),
                NotShown = Sum(sightings[(node.Key.Version, node.Key.NodeId, TallyKinds.NotShown)]),
                Completed = Reported(node.Key, ContentOutcome.Completed),
                Dismissed = Reported(node.Key, ContentOutcome.Dismissed),
                Skipped = Reported(node.Key, ContentOutcome.Skipped),
                MedianTime = DurationBuckets.Percentile(spent, 0.5)?.ToDuration(),
                P90Time = DurationBuckets.Percentile(spent, 0.9)?.ToDuration(),
            };
        });

        int Reported((int Version, string NodeId) node, ContentOutcome outcome) => Sum(reported[(node.Version, node.NodeId, outcome.Text())]);
    }

    static int Sum(IEnumerable<StatisticRow> rows) => (int)rows.Sum(row => row.Amount);

    static IEnumerable<Proto.Analytics.Types.Day> Days(IReadOnlyList<StatisticRow> rows)
    {
        var entered = rows.Where(row => row is { Kind: TallyKinds.Status, EntryDay: not null })
            .Select(row => (Day: row.EntryDay!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), row.Kind, row.Amount));
        var others = rows.Where(row => row.Kind is TallyKinds.DoneOn or TallyKinds.GoalOn)
            .Select(row => (Day: row.Label, row.Kind, row.Amount));
        return entered.Concat(others)
            .GroupBy(row => row.Day, StringComparer.Ordinal)
            .OrderBy(day => day.Key, StringComparer.Ordinal)
            .TakeLast(MaxDays)
            .Select(day => new Proto.Analytics.Types.Day
            {
                Date = day.Key,
                Entered = (int)day.Where(row => row.Kind == TallyKinds.Status).Sum(row => row.Amount),
                Completed = (int)day.Where(row => row.Kind == TallyKinds.DoneOn).Sum(row => row.Amount),
                Goals = (int)day.Where(row => row.Kind == TallyKinds.GoalOn).Sum(row => row.Amount),
            });
    }

    // Returns the exclusive end: a time within a day includes that day.
    static DateOnly? DayAfter(DateTimeOffset? at) => Day(at) is { } day && at!.Value.UtcDateTime.TimeOfDay > TimeSpan.Zero && day < DateOnly.MaxValue
        ? day.AddDays(1)
        : Day(at);

    static DateOnly? Day(DateTimeOffset? at) => at is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : null;
}
