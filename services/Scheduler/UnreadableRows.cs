using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;

namespace Journeys.Scheduling;

/// <summary>
/// Counts and logs the rows that the loops skip because this release cannot read them. Once repaired they are processed
/// like any other.
/// </summary>
public sealed class UnreadableRows : IChore
{
    const int Most = 100;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    static readonly string[] Tables = ["scheduler.timer", "scheduler.parked_timer", "scheduler.job"];

    readonly TimerQueries timers;
    readonly ILogger<UnreadableRows> logger;
    IReadOnlyList<UnreadableRow> last = [];

    public UnreadableRows(TimerQueries timers, IMeterFactory meters, ILogger<UnreadableRows> logger)
    {
        this.timers = timers;
        this.logger = logger;
        meters.Create(Telemetry.MeterName).CreateObservableGauge(
            "journeys.rows.unreadable", Measure, "{row}", "Rows that are skipped because they cannot be read, at most 100 of a table");
    }

    /// <summary>Checks once, and logs the rows that were not found the last time.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var found = await timers.ListUnreadableAsync(Most, ct);
        foreach (var row in found.Except(last))
            logger.LogError(
                "Row {Id} in {Table} (site {SiteId}) has a time or kind that this release cannot read; it is skipped until it is repaired",
                row.Id, row.Table, row.SiteId);
        last = found;
        return Interval;
    }

    IEnumerable<Measurement<int>> Measure() =>
        Tables.Select(table => new Measurement<int>(last.Count(row => row.Table == table), new KeyValuePair<string, object?>("table", table)));
}
