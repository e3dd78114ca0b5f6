using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Stores answers: the data of reports of finished content. `ResponseQueries` reads them.</summary>
public static class ResponseStore
{
    /// <summary>Returns the statement that stores answers; null when there are none.</summary>
    public static NpgsqlBatchCommand? Add(IEnumerable<(EnrollmentRow Row, ContentRow Content)> contents)
    {
        const string sql = """
            insert into enrollment.response (site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers, answered_at)
            select site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers::jsonb, answered_at
            from unnest(@siteIds, @enrollmentIds, @visitNos, @journeyIds, @versions, @nodeIds, @outcomes, @answers, @answeredAts)
                as added (site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers, answered_at)
            """;

        var responses = contents.Where(content => content.Content.Answers.Length > 0).ToList();
        return responses.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", responses, response => response.Row.SiteId),
                Bulk.Column("enrollmentIds", responses, response => response.Row.EnrollmentId),
                Bulk.Column("visitNos", responses, response => response.Content.VisitNo),
                Bulk.Column("journeyIds", responses, response => response.Row.JourneyId),
                Bulk.Column("versions", responses, response => response.Row.Version),
                Bulk.Column("nodeIds", responses, response => response.Content.NodeId),
                Bulk.Column("outcomes", responses, response => response.Content.Outcome),
                Bulk.Column("answers", responses, response => response.Content.Answers),
                Bulk.Column("answeredAts", responses, response => response.Content.OccurredAt),
            },
        };
    }

    /// <summary>
    /// Adds the answers of old reports, if the enrollment still has them: only those of the last visit to each node.
    /// </summary>
    public static Task AddOldAsync(NpgsqlTransaction transaction, IReadOnlyList<OldReport> reports, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.response (site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers, answered_at)
            select e.site_id, e.enrollment_id, old.visit_no, e.journey_id, e.version, old.node_id, old.outcome, (e.data -> old.node_id) - 'outcome', old.occurred_at
            from unnest(@siteIds, @enrollmentIds, @visitNos, @nodeIds, @outcomes, @occurredAts)
                as old (site_id, enrollment_id, visit_no, node_id, outcome, occurred_at)
            join enrollment.enrollment e on e.site_id = old.site_id and e.enrollment_id = old.enrollment_id
            where jsonb_typeof(e.data -> old.node_id) = 'object' and (e.data -> old.node_id) - 'outcome' <> '{}'
              and not exists (
                  select from enrollment.content_outcome later
                  join enrollment.visit on visit.site_id = later.site_id and visit.enrollment_id = later.enrollment_id and visit.visit_no = later.visit_no
                  where later.site_id = old.site_id and later.enrollment_id = old.enrollment_id and later.visit_no > old.visit_no and visit.node_id = old.node_id)
            """;
        var parameters = new
        {
            siteIds = reports.Select(report => report.SiteId).ToArray(),
            enrollmentIds = reports.Select(report => report.EnrollmentId).ToArray(),
            visitNos = reports.Select(report => report.VisitNo).ToArray(),
            nodeIds = reports.Select(report => report.NodeId).ToArray(),
            outcomes = reports.Select(report => report.Outcome).ToArray(),
            occurredAts = reports.Select(report => report.OccurredAt).ToArray(),
        };
        return transaction.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>Removes at most `limit` answers. Returns the number removed.</summary>
    public static Task<int> RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.response
            where site_id = @siteId and (enrollment_id, visit_no) in (
                select enrollment_id, visit_no from enrollment.response where site_id = @siteId and enrollment_id = any(@enrollmentIds) limit @limit)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, enrollmentIds, limit }, ct);
    }
}
