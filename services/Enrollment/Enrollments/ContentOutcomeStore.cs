using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>How content was finished at one visit.</summary>
public sealed record ContentRow(int VisitNo, string NodeId, string ContentId, string Outcome, DateTimeOffset OccurredAt);

/// <summary>How people finished content, for rules that ask for it and for the counts of each node.</summary>
public static class ContentOutcomeStore
{
    /// <summary>The statement that writes how content was finished; null when none was.</summary>
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

    /// <summary>Marks at most `limit` results that were never counted as counted. Returns how many, and what is to be counted of them.</summary>
    /// <remarks>Of an erased person nothing is left that says where it happened.</remarks>
    public static async Task<(int Taken, IReadOnlyList<CountChange> Counts)> CountOldAsync(NpgsqlTransaction transaction, int limit, CancellationToken ct)
    {
        const string sql = """
            with taken as (
                update enrollment.content_outcome
                set counted = true
                where (site_id, enrollment_id, visit_no) in (
                    select site_id, enrollment_id, visit_no
                    from enrollment.content_outcome
                    where not counted
                    limit @limit
                    for update skip locked
                )
                returning site_id, enrollment_id, visit_no, outcome
            )
            select e.site_id, e.journey_id, coalesce(e.version, 0) as version, (e.entered_at at time zone 'UTC')::date as entry_day, visit.node_id,
                   taken.outcome, count(*) as amount
            from taken
            left join enrollment.visit on visit.site_id = taken.site_id and visit.enrollment_id = taken.enrollment_id and visit.visit_no = taken.visit_no
            left join enrollment.enrollment e on e.site_id = visit.site_id and e.enrollment_id = visit.enrollment_id
            group by 1, 2, 3, 4, 5, 6
            """;
        var rows = await transaction.QueryAsync<OldRow>(sql, new { limit }, ct);
        var counts = rows
            .Where(row => row.SiteId is not null)
            .Select(row => new CountChange(
                new(row.SiteId!.Value, row.JourneyId!.Value, row.Version, row.EntryDay!.Value, TallyKinds.Reported, row.NodeId, row.Outcome, "", 0), row.Amount));
        return ((int)rows.Sum(row => row.Amount), [.. counts]);
    }

    /// <summary>Gives the results of one person to another.</summary>
    public static Task MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        const string sql = "update enrollment.content_outcome set profile_id = @to where site_id = @siteId and profile_id = @from";
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Removes at most `limit` results of content. Returns how many.</summary>
    public static Task<int> RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.content_outcome
            where site_id = @siteId and (enrollment_id, visit_no) in (
                select enrollment_id, visit_no from enrollment.content_outcome where site_id = @siteId and profile_id = @profileId limit @limit)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId, limit }, ct);
    }

    sealed record OldRow
    {
        public Guid? SiteId { get; init; }
        public Guid? JourneyId { get; init; }
        public int Version { get; init; }
        public DateOnly? EntryDay { get; init; }
        public string NodeId { get; init; } = "";
        public string Outcome { get; init; } = "";
        public long Amount { get; init; }
    }
}
