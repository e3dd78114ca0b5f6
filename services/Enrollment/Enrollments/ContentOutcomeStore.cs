using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>How content was finished at one visit.</summary>
public sealed record ContentRow(int VisitNo, string ContentId, string Outcome, DateTimeOffset OccurredAt);

/// <summary>How people finished content, for rules that ask for it.</summary>
public static class ContentOutcomeStore
{
    /// <summary>The statement that writes how content was finished; null when none was.</summary>
    public static NpgsqlBatchCommand? Add(IReadOnlyList<(EnrollmentRow Row, ContentRow Content)> contents)
    {
        const string sql = """
            insert into enrollment.content_outcome (site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at)
            select site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at
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
}
