using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Analytics;

/// <summary>A count of one journey, of a kind from <see cref="TallyKinds"/>.</summary>
public sealed record StatisticRow
{
    public int Version { get; init; }
    public string Kind { get; init; } = "";
    public string NodeId { get; init; } = "";
    public string Label { get; init; } = "";
    public string TargetId { get; init; } = "";
    public int Bucket { get; init; }
    public DateOnly? EntryDay { get; init; }
    public long Amount { get; init; }
}

/// <summary>Reads and folds the counts of journeys.</summary>
public sealed class AnalyticsStore(NpgsqlDataSource source)
{
    // The columns that identify a count. Its amount is the sum of its rows in both tables.
    const string Key = "site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket";

    /// <summary>Returns all counts of a journey. Only status counts are grouped by entry day.</summary>
    public async Task<IReadOnlyList<StatisticRow>> CountAsync(
        Guid siteId, Guid journeyId, int version, DateOnly from, DateOnly until, CancellationToken ct)
    {
        const string sql = $"""
            select version, kind, node_id, label, target_id, bucket,
                   case when kind = '{TallyKinds.Status}' then entry_day end as entry_day, sum(amount)::bigint as amount
            from (
                select {Key}, amount
                from enrollment.journey_statistic
                where site_id = @siteId and journey_id = @journeyId
                union all
                select {Key}, amount
                from enrollment.statistic_change
                where site_id = @siteId and journey_id = @journeyId
            ) as statistic
            where (@version = 0 or version = @version) and entry_day >= @from and entry_day < @until
            group by 1, 2, 3, 4, 5, 6, 7
            having sum(amount) <> 0
            """;

        // Plans for the actual dates. A generic plan expects few rows and reads each through the index, which reads
        // eighty times as many pages for all days of a large journey.
        return await source.InTransactionAsync(
            async transaction =>
            {
                await transaction.PlanAnewAsync(ct);
                return await transaction.QueryAsync<StatisticRow>(sql, new { siteId, journeyId, version, from, until }, ct);
            },
            ct);
    }

    /// <summary>Counts the enrollments of each journey by status.</summary>
    public async Task<IReadOnlyList<(Guid JourneyId, string Status, long Count)>> CountByStatusAsync(
        Guid siteId, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = $"""
            select journey_id, label, sum(amount)::bigint
            from (
                select journey_id, label, amount
                from enrollment.journey_statistic
                where site_id = @siteId and journey_id = any(@journeyIds) and kind = '{TallyKinds.Status}'
                union all
                select journey_id, label, amount
                from enrollment.statistic_change
                where site_id = @siteId and journey_id = any(@journeyIds) and kind = '{TallyKinds.Status}'
            ) as statistic
            group by 1, 2
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, string, long)>(sql, new { siteId, journeyIds }, ct);
    }

    /// <summary>Returns the oldest change that is not in `passedOver`; null when there is none.</summary>
    public async Task<long?> OldestChangeAsync(long[] passedOver, CancellationToken ct)
    {
        const string sql = "select min(statistic_change_id) from enrollment.statistic_change where statistic_change_id <> all(@passedOver)";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<long?>(sql, new { passedOver }, ct);
    }

    /// <summary>
    /// Folds the oldest changes into the counts, except those in `passedOver`. Returns the number folded. Several
    /// replicas may fold at the same time.
    /// </summary>
    public async Task<int> FoldAsync(int limit, long[] passedOver, CancellationToken ct)
    {
        // One statement, so that a reader sees each change exactly once, before or after it is folded.
        const string sql = $"""
            with taken as (
                delete from enrollment.statistic_change
                where statistic_change_id in (
                    select statistic_change_id
                    from enrollment.statistic_change
                    where statistic_change_id <> all(@passedOver)
                    order by statistic_change_id
                    limit @limit
                    for update skip locked
                )
                returning {Key}, amount
            ), folded as (
                insert into enrollment.journey_statistic as statistic ({Key}, amount)
                select {Key}, sum(amount)
                from taken
                group by {Key}
                order by {Key}
                on conflict ({Key})
                do update set amount = statistic.amount + excluded.amount
            )
            select count(*)::integer from taken
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<int>(sql, new { limit, passedOver }, ct);
    }
}
