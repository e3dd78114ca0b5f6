using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>A timer as stored.</summary>
public sealed record TimerRow
{
    public Guid SiteId { get; init; }
    public Guid JourneyId { get; init; }
    public Guid EnrollmentId { get; init; }
    public int VisitNo { get; init; }
    public DateTimeOffset DueAt { get; init; }

    /// <summary>
    /// When the enrollment changed so that it needs the timer, or no longer needs it. Null if an earlier release or an
    /// erasure did not say it.
    /// </summary>
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>Whether the row only records that the timer was cancelled.</summary>
    public bool Cancelled { get; init; }
}

/// <summary>Stores timers. Due timers of paused journeys are in <see cref="ParkedTimerStore"/>.</summary>
public sealed class TimerStore(NpgsqlDataSource source)
{
    const int Shards = 64;

    /// <summary>
    /// SQL: whether .NET can represent the due time. Rows from before the constraint may hold other times, see <see
    /// cref="UnreadableRows"/>.
    /// </summary>
    public const string Readable = "due_at >= '0001-01-01 00:00+00' and due_at < '10000-01-01 00:00+00'";

    /// <summary>
    /// Adds timers. An existing timer keeps the earliest time that was requested, because the awaited date may change.
    /// </summary>
    /// <remarks>
    /// Requests arrive in any order. A timer that arrives too early is refused and requested again; one that is too
    /// late would be noticed only after a minute. A timer that was cancelled after its request is not added.
    /// </remarks>
    public async Task AddAsync(IReadOnlyCollection<TimerRow> timers, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no, changed_at)
            select distinct on (shard, enrollment_id, visit_no) shard, due_at, site_id, journey_id, enrollment_id, visit_no, changed_at
            from unnest(@shards, @dueAts, @siteIds, @journeyIds, @enrollmentIds, @visitNos, @changedAts)
                as added (shard, due_at, site_id, journey_id, enrollment_id, visit_no, changed_at)
            order by shard, enrollment_id, visit_no, due_at
            on conflict (shard, enrollment_id, visit_no) do update
            set due_at = case when timer.cancelled then excluded.due_at else least(timer.due_at, excluded.due_at) end,
                changed_at = greatest(timer.changed_at, excluded.changed_at), cancelled = false
            where case when timer.cancelled then coalesce(excluded.changed_at > timer.changed_at, true)
                       else excluded.due_at < timer.due_at or excluded.changed_at > timer.changed_at end
            """;

        await ExecuteAsync(sql, timers, ct);
    }

    /// <summary>Removes timers that are no longer needed, including parked ones.</summary>
    /// <remarks>
    /// A timer that does not exist may not have been requested yet, so its cancellation is recorded for a day.
    /// </remarks>
    public async Task RemoveAsync(IReadOnlyCollection<TimerRow> timers, CancellationToken ct)
    {
        // Finds a timer that is being parked, because the second statement begins after the first has waited for the
        // parking transaction.
        const string sql = $"""
            delete from scheduler.timer as timer
            using unnest(@shards, @enrollmentIds, @visitNos, @changedAts) as gone (shard, enrollment_id, visit_no, changed_at)
            where timer.shard = gone.shard and timer.enrollment_id = gone.enrollment_id and timer.visit_no = gone.visit_no
                and (gone.changed_at is null or not timer.cancelled and coalesce(timer.changed_at <= gone.changed_at, true))
            returning timer.enrollment_id, timer.visit_no;

            {ParkedTimerStore.Remove}
            """;

        HashSet<(Guid, int)> removed;
        await using (var connection = await source.OpenConnectionAsync(ct))
        {
            await using var results = await connection.QueryMultipleAsync(sql, Columns(timers), ct);
            removed = [.. await results.ReadAsync<(Guid, int)>(), .. await results.ReadAsync<(Guid, int)>()];
        }

        var missing = timers.Where(timer => timer.ChangedAt is not null && !removed.Contains((timer.EnrollmentId, timer.VisitNo))).ToList();
        if (missing.Count > 0)
            await RememberCancelledAsync(missing, ct);
    }

    // The primary key decides between this and a concurrent request. Skips archived journeys, because all of their
    // timers are removed anyway.
    Task RememberCancelledAsync(IReadOnlyCollection<TimerRow> timers, CancellationToken ct)
    {
        const string sql = $"""
            insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no, changed_at, cancelled)
            select distinct on (shard, enrollment_id, visit_no) shard, now() + interval '1 day', site_id, journey_id, enrollment_id, visit_no, changed_at, true
            from unnest(@shards, @siteIds, @journeyIds, @enrollmentIds, @visitNos, @changedAts)
                as gone (shard, site_id, journey_id, enrollment_id, visit_no, changed_at)
            where not exists (
                select from scheduler.journey as known
                where known.site_id = gone.site_id and known.journey_id = gone.journey_id
                  and known.status = '{JourneyStatuses.Archived}')
            order by shard, enrollment_id, visit_no, changed_at desc
            on conflict (shard, enrollment_id, visit_no) do update
            set due_at = excluded.due_at, changed_at = excluded.changed_at, cancelled = true
            where coalesce(timer.changed_at <= excluded.changed_at, true)
            """;

        return ExecuteAsync(sql, timers, ct);
    }

    /// <summary>
    /// Removes and returns the earliest due timers, and records of cancellations that have expired. Replicas never
    /// receive the same timer.
    /// </summary>
    /// <remarks>
    /// The caller publishes those that are not cancelled before it commits: after a crash in between they are sent
    /// again.
    /// </remarks>
    /// <param name="transaction">The transaction that locks them until it ends.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="limit">The maximum to remove.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task<IReadOnlyList<TimerRow>> TakeDueAsync(NpgsqlTransaction transaction, DateTimeOffset? now, int limit, CancellationToken ct)
    {
        // Deletes by row address: rows are found once, locked, and deleted without a second search, whatever the
        // planner's statistics say.
        const string sql = $"""
            delete from scheduler.timer
            where ctid = any (array(
                select ctid
                from scheduler.timer
                where due_at <= coalesce(@now, now()) and {Readable}
                order by due_at
                limit @limit
                for update skip locked))
            returning site_id, journey_id, enrollment_id, visit_no, due_at, cancelled
            """;
        return transaction.QueryAsync<TimerRow>(sql, new { now, limit }, ct);
    }

    /// <summary>
    /// Removes timers of a journey if it is archived, in batches. Returns the number removed; 0 when none are left.
    /// </summary>
    public static Task<int> DropOfArchivedAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        // The lock keeps the journey archived until the transaction ends, because people who enter after a restore need
        // their timers.
        const string sql = $"""
            with archived as materialized (
                select site_id, journey_id
                from scheduler.journey
                where site_id = @siteId and journey_id = @journeyId and status = '{JourneyStatuses.Archived}'
                for share
            ),
            waiting as (
                delete from scheduler.timer
                where ctid = any (array(
                    select timer.ctid from archived join scheduler.timer using (site_id, journey_id) limit 5000 for update of timer skip locked))
                returning 1
            ),
            parked as (
                {ParkedTimerStore.DropOfArchived}
            )
            select (select count(*) from waiting)::integer + (select count(*) from parked)::integer
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }

    async Task ExecuteAsync(string sql, IReadOnlyCollection<TimerRow> timers, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, Columns(timers), ct);
    }

    static object Columns(IReadOnlyCollection<TimerRow> timers) => new
    {
        shards = timers.Select(timer => Shard(timer.EnrollmentId)).ToArray(),
        dueAts = timers.Select(timer => timer.DueAt.UtcDateTime).ToArray(),
        siteIds = timers.Select(timer => timer.SiteId).ToArray(),
        journeyIds = timers.Select(timer => timer.JourneyId).ToArray(),
        enrollmentIds = timers.Select(timer => timer.EnrollmentId).ToArray(),
        visitNos = timers.Select(timer => timer.VisitNo).ToArray(),
        changedAts = timers.Select(timer => timer.ChangedAt?.UtcDateTime).ToArray(),
    };

    static short Shard(Guid enrollmentId)
    {
        Span<byte> bytes = stackalloc byte[16];
        enrollmentId.TryWriteBytes(bytes);
        // The last bytes of a UUID v7 are random.
        return (short)(bytes[15] % Shards);
    }
}
