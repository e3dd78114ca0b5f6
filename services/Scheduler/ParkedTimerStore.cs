using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Stores timers that fell due while their journey was paused.</summary>
public static class ParkedTimerStore
{
    /// <summary>SQL that removes the parked timers of visits, to run in one round trip with other statements.</summary>
    public const string Remove = """
        delete from scheduler.parked_timer as parked
        using unnest(@enrollmentIds, @visitNos) as gone (enrollment_id, visit_no)
        where parked.enrollment_id = gone.enrollment_id and parked.visit_no = gone.visit_no
        returning parked.enrollment_id, parked.visit_no
        """;

    /// <summary>SQL that removes at most 5,000 parked timers of the journeys in `archived`.</summary>
    public const string DropOfArchived = """
        delete from scheduler.parked_timer
        where ctid = any (array(
            select parked.ctid from archived join scheduler.parked_timer parked using (site_id, journey_id) limit 5000 for update of parked skip locked))
        returning 1
        """;

    /// <summary>Parks due timers whose journeys are paused. Returns the others.</summary>
    public static async Task<IReadOnlyList<TimerRow>> ParkPausedAsync(
        NpgsqlTransaction transaction, IReadOnlyList<TimerRow> timers, CancellationToken ct)
    {
        const string paused = $"""
            select journey_id
            from scheduler.journey
            where (site_id, journey_id) in (
                select site_id, journey_id from unnest(@siteIds, @journeyIds) as due (site_id, journey_id))
              and status = '{JourneyStatuses.Paused}'
            for share
            """;

        var journeys = timers.DistinctBy(timer => timer.JourneyId).ToList();
        var pausedIds = (await transaction.QueryAsync<Guid>(
            paused,
            new { siteIds = journeys.Select(timer => timer.SiteId).ToArray(), journeyIds = journeys.Select(timer => timer.JourneyId).ToArray() },
            ct)).ToHashSet();
        if (pausedIds.Count == 0)
            return timers;

        await ParkAsync(transaction, [.. timers.Where(timer => pausedIds.Contains(timer.JourneyId))], ct);
        return [.. timers.Where(timer => !pausedIds.Contains(timer.JourneyId))];
    }

    static Task<int> ParkAsync(NpgsqlTransaction transaction, IReadOnlyList<TimerRow> timers, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.parked_timer (site_id, journey_id, due_at, enrollment_id, visit_no)
            select site_id, journey_id, due_at, enrollment_id, visit_no
            from unnest(@siteIds, @journeyIds, @dueAts, @enrollmentIds, @visitNos)
                as parked (site_id, journey_id, due_at, enrollment_id, visit_no)
            on conflict do nothing
            """;
        return transaction.ExecuteAsync(
            sql,
            new
            {
                siteIds = timers.Select(timer => timer.SiteId).ToArray(),
                journeyIds = timers.Select(timer => timer.JourneyId).ToArray(),
                dueAts = timers.Select(timer => timer.DueAt.UtcDateTime).ToArray(),
                enrollmentIds = timers.Select(timer => timer.EnrollmentId).ToArray(),
                visitNos = timers.Select(timer => timer.VisitNo).ToArray(),
            },
            ct);
    }

    /// <summary>
    /// Removes and returns parked timers of a journey, oldest first. The caller publishes them before it commits.
    /// </summary>
    public static Task<IReadOnlyList<TimerRow>> TakeAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string sql = $"""
            delete from scheduler.parked_timer
            where ctid = any (array(
                select ctid
                from scheduler.parked_timer
                where site_id = @siteId and journey_id = @journeyId and {TimerStore.Readable}
                order by due_at
                limit @limit
                for update skip locked))
            returning site_id, journey_id, enrollment_id, visit_no, due_at
            """;
        return transaction.QueryAsync<TimerRow>(sql, new { siteId, journeyId, limit }, ct);
    }
}
