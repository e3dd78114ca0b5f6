using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Protos;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// The number of people at one node of a journey, and of those whose wait has ended, by how long ago.
/// </summary>
public sealed record RestingNode
{
    public string NodeId { get; init; } = "";
    public int Inside { get; init; }
    public int OverdueHour { get; init; }
    public int OverdueDay { get; init; }
    public int OverdueWeek { get; init; }
    public int OverdueMore { get; init; }

    /// <summary>Maps it to the contract.</summary>
    public Proto.ResumePreview.Types.Node ToProto() => new()
    {
        NodeId = NodeId,
        Inside = Inside,
        OverdueHour = OverdueHour,
        OverdueDay = OverdueDay,
        OverdueWeek = OverdueWeek,
        OverdueMore = OverdueMore,
    };
}

/// <summary>Reads what a resume of a journey would cause.</summary>
public sealed class ResumeQueries(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>Returns the nodes where people are, those with the most people first.</summary>
    public async Task<IReadOnlyList<RestingNode>> ListNodesAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select node_id,
                   count(*)::integer as inside,
                   count(*) filter (where late between interval '0' and interval '1 hour')::integer as overdue_hour,
                   count(*) filter (where late > interval '1 hour' and late <= interval '1 day')::integer as overdue_day,
                   count(*) filter (where late > interval '1 day' and late <= interval '7 days')::integer as overdue_week,
                   count(*) filter (where late > interval '7 days')::integer as overdue_more
            from (
                select node_id, coalesce(@now, now()) - wake_at as late
                from enrollment.enrollment
                where site_id = @siteId and journey_id = @journeyId and status = '{EnrollmentStatuses.Active}'
            ) as person
            group by node_id
            order by inside desc, node_id
            """;
        return await source.QueryAsync<RestingNode>(sql, new { siteId, journeyId, now = time.GetGiven() }, ct);
    }

    /// <summary>
    /// Counts the people whose wait ended longer ago than this. Held signals may move some of them first.
    /// </summary>
    public async Task<int> CountLateAsync(Guid siteId, Guid journeyId, TimeSpan after, CancellationToken ct)
    {
        const string sql = $"""
            select count(*)::integer
            from enrollment.enrollment
            where site_id = @siteId and journey_id = @journeyId and status = '{EnrollmentStatuses.Active}' and waiting_for <> @parked
              and wake_at < coalesce(@now, now()) - @after::interval
            """;
        return (await source.QueryAsync<int>(sql, new { siteId, journeyId, parked = WaitingFor.Parked.Text(), after, now = time.GetGiven() }, ct)).Single();
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
