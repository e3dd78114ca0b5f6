using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>The lag of a site's timers.</summary>
public sealed record LagRow
{
    public double LagSeconds { get; init; }
    public int Due { get; init; }
    public int Pending { get; init; }
    public int Parked { get; init; }
}

/// <summary>A row that this release cannot read.</summary>
public sealed record UnreadableRow(string Table, Guid SiteId, Guid Id);

/// <summary>Reads timers without removing any.</summary>
public sealed class TimerQueries(NpgsqlDataSource source)
{
    /// <summary>
    /// Returns the time until the next timer falls due, by the database's clock; null when there is none.
    /// </summary>
    public async Task<TimeSpan?> NextDueInAsync(CancellationToken ct)
    {
        const string sql = $"select extract(epoch from min(due_at) - now())::float8 from scheduler.timer where {TimerStore.Readable}";

        await using var connection = await source.OpenConnectionAsync(ct);
        var seconds = await connection.ScalarAsync<double?>(sql, null, ct);
        return seconds is { } given ? TimeSpan.FromSeconds(Math.Clamp(given, 0, 86_400)) : null;
    }

    /// <summary>
    /// Measures the lag of a site's timers. Counts at most 10,000 that wait and at most 10,000 that are parked.
    /// </summary>
    public async Task<LagRow> MeasureAsync(Guid siteId, CancellationToken ct)
    {
        // Orders the rows and disables bitmap scans, so that the indexes are read up to the limit whatever the
        // planner's statistics say.
        const string walk = "set local enable_bitmapscan = off";
        const string sql = $"""
            with due as materialized (
                     select count(*)::integer as count, min(due_at) as since
                     from (select site_id, due_at from scheduler.timer where due_at <= now() and not cancelled and {TimerStore.Readable} order by due_at limit 1000000) as late
                     where site_id = @siteId),
                 waiting as materialized (
                     select count(*)::integer as count
                     from (select from scheduler.timer
                           where site_id = @siteId and due_at > now() and not cancelled order by site_id, journey_id, due_at limit 10000) as nearest),
                 parked as materialized (
                     select count(*)::integer as count
                     from (select from scheduler.parked_timer
                           where site_id = @siteId order by site_id, journey_id, due_at limit 10000) as aside)
            select coalesce(extract(epoch from now() - due.since), 0)::float8 as lag_seconds,
                   due.count as due, waiting.count as pending, parked.count as parked
            from due, waiting, parked
            """;

        return await source.InTransactionAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(walk, new { }, ct);
                return (await transaction.QueryAsync<LagRow>(sql, new { siteId }, ct)).Single();
            },
            ct);
    }

    /// <summary>
    /// Returns rows that the loops skip because this release cannot read them, at most `most` of each table.
    /// </summary>
    public async Task<IReadOnlyList<UnreadableRow>> ListUnreadableAsync(int most, CancellationToken ct)
    {
        // Orders the rows, so that the partial indexes of such rows are used whatever the planner's statistics say.
        const string sql = $"""
            (select 'scheduler.timer' as "table", site_id, enrollment_id as id
             from scheduler.timer where not ({TimerStore.Readable}) order by enrollment_id limit @most)
            union all
            (select 'scheduler.parked_timer', site_id, enrollment_id
             from scheduler.parked_timer where not ({TimerStore.Readable}) order by enrollment_id limit @most)
            union all
            (select 'scheduler.job', site_id, job_id from scheduler.job where status = '{JobStatuses.Running}'
              and not ({JobStore.Readable}) limit @most)
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<UnreadableRow>(sql, new { most, kinds = JobRow.Kinds }, ct);
    }
}
