using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>How content was finished at one visit.</summary>
/// <param name="VisitNo">The number of the visit.</param>
/// <param name="NodeId">The node of the visit.</param>
/// <param name="ContentId">The content that was finished.</param>
/// <param name="Outcome">The outcome: completed, dismissed or skipped.</param>
/// <param name="Answers">The data of the report, as JSON; empty for none.</param>
/// <param name="OccurredAt">The time of the report.</param>
public sealed record ContentRow(int VisitNo, string NodeId, string ContentId, string Outcome, string Answers, DateTimeOffset OccurredAt);

/// <summary>A report that was stored without being counted.</summary>
public sealed record OldReport
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public int VisitNo { get; init; }
    public string Outcome { get; init; } = "";
    public DateTimeOffset OccurredAt { get; init; }
    public Guid JourneyId { get; init; }
    public int Version { get; init; }
    public DateTimeOffset EnteredAt { get; init; }
    public string? NodeId { get; init; }
}

/// <summary>How people finished content, for rules that ask for it and for the counts of each node.</summary>
public static class ContentOutcomeStore
{
    /// <summary>Returns the statement that stores finished content; null when there is none.</summary>
    public static NpgsqlBatchCommand? Add(IReadOnlyList<(EnrollmentRow Row, ContentRow Content)> contents)
    {
        const string sql = """
            insert into enrollment.content_outcome (site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at, counted)
            select site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at, true
            from unnest(@siteIds, @enrollmentIds, @visitNos, @profileIds, @contentIds, @outcomes, @occurredAts)
                as added (site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at)
            """;

        return contents.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", contents, content => content.Row.SiteId),
                Bulk.Column("enrollmentIds", contents, content => content.Row.EnrollmentId),
                Bulk.Column("visitNos", contents, content => content.Content.VisitNo),
                Bulk.Column("profileIds", contents, content => content.Row.ProfileId),
                Bulk.Column("contentIds", contents, content => content.Content.ContentId),
                Bulk.Column("outcomes", contents, content => content.Content.Outcome),
                Bulk.Column("occurredAts", contents, content => content.Content.OccurredAt),
            },
        };
    }

    /// <summary>
    /// Marks at most `limit` uncounted results as counted and returns them, except those in `passedOver`.
    /// </summary>
    /// <remarks>The node is null for an erased person, because the visit was removed.</remarks>
    public static Task<IReadOnlyList<OldReport>> TakeOldAsync(
        NpgsqlTransaction transaction, int limit, IReadOnlyCollection<(Guid SiteId, Guid EnrollmentId, int VisitNo)> passedOver, CancellationToken ct)
    {
        const string sql = """
            with taken as (
                update enrollment.content_outcome
                set counted = true
                where (site_id, enrollment_id, visit_no) in (
                    select site_id, enrollment_id, visit_no
                    from enrollment.content_outcome
                    where not counted
                      and (site_id, enrollment_id, visit_no) not in (
                          select site_id, enrollment_id, visit_no
                          from unnest(@siteIds, @enrollmentIds, @visitNos) as passed_over (site_id, enrollment_id, visit_no))
                    order by site_id, enrollment_id, visit_no
                    limit @limit
                    for update skip locked
                )
                returning site_id, enrollment_id, visit_no, outcome, occurred_at
            )
            select taken.site_id, taken.enrollment_id, taken.visit_no, taken.outcome, taken.occurred_at, e.journey_id, e.version, e.entered_at, visit.node_id
            from taken
            left join (enrollment.visit join enrollment.enrollment e on e.site_id = visit.site_id and e.enrollment_id = visit.enrollment_id)
                on visit.site_id = taken.site_id and visit.enrollment_id = taken.enrollment_id and visit.visit_no = taken.visit_no
            """;
        return transaction.QueryAsync<OldReport>(sql, Parameters(passedOver, limit), ct);
    }

    /// <summary>
    /// Locks and returns the first uncounted, unlocked result that is not in `passedOver`; null when there is none.
    /// </summary>
    public static async Task<(Guid SiteId, Guid EnrollmentId, int VisitNo)?> FirstOldAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<(Guid SiteId, Guid EnrollmentId, int VisitNo)> passedOver, CancellationToken ct)
    {
        const string sql = """
            select site_id, enrollment_id, visit_no
            from enrollment.content_outcome
            where not counted
              and (site_id, enrollment_id, visit_no) not in (
                  select site_id, enrollment_id, visit_no
                  from unnest(@siteIds, @enrollmentIds, @visitNos) as passed_over (site_id, enrollment_id, visit_no))
            order by site_id, enrollment_id, visit_no
            limit 1
            for update skip locked
            """;
        var found = await transaction.QueryAsync<(Guid, Guid, int)>(sql, Parameters(passedOver, limit: 1), ct);
        return found is [var first] ? first : null;
    }

    static object Parameters(IReadOnlyCollection<(Guid SiteId, Guid EnrollmentId, int VisitNo)> passedOver, int limit) => new
    {
        limit,
        siteIds = passedOver.Select(report => report.SiteId).ToArray(),
        enrollmentIds = passedOver.Select(report => report.EnrollmentId).ToArray(),
        visitNos = passedOver.Select(report => report.VisitNo).ToArray(),
    };

    /// <summary>Moves the results of one profile to another.</summary>
    public static Task MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        const string sql = "update enrollment.content_outcome set profile_id = @to where site_id = @siteId and profile_id = @from";
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Removes at most `limit` results of a profile. Returns the number removed.</summary>
    public static Task<int> RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.content_outcome
            where site_id = @siteId and (enrollment_id, visit_no) in (
                select enrollment_id, visit_no from enrollment.content_outcome where site_id = @siteId and profile_id = @profileId limit @limit)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId, limit }, ct);
    }
}
