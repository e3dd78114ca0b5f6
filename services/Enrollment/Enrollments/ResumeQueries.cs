using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// The number of people at one node of a version who wait for the same, and of those whose wait has ended, by how long
/// ago.
/// </summary>
public sealed record RestingPeople
{
    public int Version { get; init; }
    public string NodeId { get; init; } = "";
    public string WaitingFor { get; init; } = "";

    /// <summary>Whether their wait had not ended when the present pause began.</summary>
    public bool WereWaiting { get; init; }
    public int Inside { get; init; }
    public int OverdueHour { get; init; }
    public int OverdueDay { get; init; }
    public int OverdueWeek { get; init; }
    public int OverdueMore { get; init; }

    /// <summary>Those whose wait ended longer ago than the policy allows.</summary>
    public int Late { get; init; }

    /// <summary>Those whose wait has ended.</summary>
    public int Overdue => OverdueHour + OverdueDay + OverdueWeek + OverdueMore;
}

/// <summary>Reads what a resume of a journey would cause.</summary>
public sealed class ResumeQueries(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>Counts the people inside.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="lateAfter">How long ago the wait of people must have ended who are late.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<RestingPeople>> ListAsync(Guid siteId, Guid journeyId, TimeSpan lateAfter, CancellationToken ct)
    {
        const string sql = $"""
            select version, node_id, waiting_for, were_waiting,
                   count(*)::integer as inside,
                   count(*) filter (where late between interval '0' and interval '1 hour')::integer as overdue_hour,
                   count(*) filter (where late > interval '1 hour' and late <= interval '1 day')::integer as overdue_day,
                   count(*) filter (where late > interval '1 day' and late <= interval '7 days')::integer as overdue_week,
                   count(*) filter (where late > interval '7 days')::integer as overdue_more,
                   count(*) filter (where late > @lateAfter::interval)::integer as late
            from (
                select e.version, e.node_id, e.waiting_for, coalesce(e.wake_at > coalesce(j.paused_at, j.status_at), false) as were_waiting,
                       coalesce(@now, now()) - e.wake_at as late
                from enrollment.enrollment e
                left join enrollment.journey j
                  on j.site_id = e.site_id and j.journey_id = e.journey_id and j.status = '{JourneyStatuses.Paused}'
                where e.site_id = @siteId and e.journey_id = @journeyId and e.status = '{EnrollmentStatuses.Active}'
            ) as person
            group by version, node_id, waiting_for, were_waiting
            """;
        return await source.QueryAsync<RestingPeople>(sql, new { siteId, journeyId, lateAfter, now = time.GetGiven() }, ct);
    }

    /// <summary>Counts the reports and events that are held for a journey.</summary>
    public async Task<(int Reports, int Events)> CountHeldAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select count(*) filter (where signal ? 'report')::integer as reports, count(*) filter (where signal ? 'event')::integer as events
            from enrollment.held_signal
            where site_id = @siteId and journey_id = @journeyId
            """;
        return (await source.QueryAsync<(int, int)>(sql, new { siteId, journeyId }, ct)).Single();
    }
}
