using System.Diagnostics.Metrics;
using Dapper;
using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Counts and names the rows that the loops pass over because nobody can read them. Once mended they are taken up like any other.</summary>
public sealed class UnreadableRows : IChore
{
    const int Most = 100;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    static readonly string[] Tables = ["scheduler.timer", "scheduler.parked_timer", "scheduler.job"];

    readonly NpgsqlDataSource source;
    readonly ILogger<UnreadableRows> logger;
    IReadOnlyList<Row> last = [];

    public UnreadableRows(NpgsqlDataSource source, IMeterFactory meters, ILogger<UnreadableRows> logger)
    {
        this.source = source;
        this.logger = logger;
        meters.Create(ServiceDefaults.MeterName).CreateObservableGauge(
            "journeys.rows.unreadable", Measure, "{row}", "Rows that are passed over because they cannot be read, at most 100 of a table");
    }

    sealed record Row(string Table, Guid SiteId, Guid Id);

    /// <summary>Looks once, and says which rows were not there the last time.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var found = await ListAsync(ct);
        foreach (var row in found.Except(last))
            logger.LogError(
                "The row {Id} of site {SiteId} in {Table} has a time or a kind that this release cannot read. It is passed over until it is mended",
                row.Id, row.SiteId, row.Table);
        last = found;
        return Interval;
    }

    IEnumerable<Measurement<int>> Measure() =>
        Tables.Select(table => new Measurement<int>(last.Count(row => row.Table == table), new KeyValuePair<string, object?>("table", table)));

    async Task<IReadOnlyList<Row>> ListAsync(CancellationToken ct)
    {
        // Ordered, so that the indexes of such rows are walked, whatever the planner believes about the tables.
        const string sql = $"""
            (select 'scheduler.timer' as "table", site_id, enrollment_id as id
             from scheduler.timer where not ({TimerStore.Readable}) order by enrollment_id limit @Most)
            union all
            (select 'scheduler.parked_timer', site_id, enrollment_id
             from scheduler.parked_timer where not ({TimerStore.Readable}) order by enrollment_id limit @Most)
            union all
            (select 'scheduler.job', site_id, job_id from scheduler.job where status = 'RUNNING' and not ({JobStore.Readable}) limit @Most)
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Row>(new CommandDefinition(sql, new { Most, kinds = JobRow.Kinds }, cancellationToken: ct))).AsList();
    }
}
