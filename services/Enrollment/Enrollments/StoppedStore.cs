using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>What somebody waited for when a stop of many people ended their enrollment.</summary>
public sealed record StoppedRow(Guid EnrollmentId, string WaitingFor, DateTimeOffset? WakeAt);

/// <summary>Stores whom a stop of many people has stopped, for its undo.</summary>
public static class StoppedStore
{
    /// <summary>Adds people of one stop, as their enrollments were before.</summary>
    public static Task AddAsync(NpgsqlTransaction transaction, Guid siteId, Guid stopId, IReadOnlyCollection<EnrollmentRow> before, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.stopped (site_id, stop_id, enrollment_id, waiting_for, wake_at)
            select @siteId, @stopId, enrollment_id, waiting_for, wake_at
            from unnest(@enrollmentIds, @waitingFors, @wakeAts) as added (enrollment_id, waiting_for, wake_at)
            """;
        return before.Count == 0 ? Task.CompletedTask : transaction.ExecuteAsync(
            sql,
            new
            {
                siteId,
                stopId,
                enrollmentIds = before.Select(row => row.EnrollmentId).ToArray(),
                waitingFors = before.Select(row => row.WaitingFor).ToArray(),
                wakeAts = before.Select(row => row.WakeAt?.UtcDateTime).ToArray(),
            },
            ct);
    }

    /// <summary>Counts the people of one stop.</summary>
    public static Task<int> CountAsync(NpgsqlTransaction transaction, Guid siteId, Guid stopId, CancellationToken ct)
    {
        const string sql = "select count(*)::integer from enrollment.stopped where site_id = @siteId and stop_id = @stopId";
        return transaction.ScalarAsync<int>(sql, new { siteId, stopId }, ct);
    }

    /// <summary>Removes and returns the next people of one stop.</summary>
    public static Task<IReadOnlyList<StoppedRow>> TakeAsync(NpgsqlTransaction transaction, Guid siteId, Guid stopId, int limit, CancellationToken ct)
    {
        const string sql = """
            with next as materialized (
                select enrollment_id
                from enrollment.stopped
                where site_id = @siteId and stop_id = @stopId
                order by enrollment_id
                limit @limit
                for update
            )
            delete from enrollment.stopped as taken
            using next
            where taken.site_id = @siteId and taken.stop_id = @stopId and taken.enrollment_id = next.enrollment_id
            returning taken.enrollment_id, taken.waiting_for, taken.wake_at
            """;
        return transaction.QueryAsync<StoppedRow>(sql, new { siteId, stopId, limit }, ct);
    }

    /// <summary>Removes enrollments that no undo may continue, because they were stopped by their own, or are erased.</summary>
    public static Task ForgetAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = "delete from enrollment.stopped where site_id = @siteId and enrollment_id = any(@enrollmentIds)";
        return transaction.ExecuteAsync(sql, new { siteId, enrollmentIds }, ct);
    }

    /// <summary>
    /// Removes people of stops that can be undone until a time at the latest, or whose undo was requested before it and
    /// has not continued them. Returns how many.
    /// </summary>
    public static Task<int> ForgetOldAsync(NpgsqlDataSource source, DateTimeOffset before, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.stopped
            where ctid = any (array(
                select stopped.ctid
                from enrollment.stop
                join enrollment.stopped using (site_id, stop_id)
                where coalesce(stop.undone_at, stop.undo_until)
                      + make_interval(secs => coalesce(stop.people::float8 / nullif(stop.people_per_second, 0), 0)) < @before
                limit @limit
                for update of stopped skip locked))
            """;
        return source.ExecuteAsync(sql, new { before, limit }, ct);
    }
}
