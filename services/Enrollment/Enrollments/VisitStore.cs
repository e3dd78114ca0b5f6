using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>A visit as stored.</summary>
public sealed record VisitRow
{
    public Guid EnrollmentId { get; init; }
    public int VisitNo { get; init; }
    public string NodeId { get; init; } = "";
    public string Branch { get; init; } = "";
    public string Cause { get; init; } = "";
    public string Detail { get; init; } = "";
    public string[] Notes { get; init; } = [];
    public DateTimeOffset EnteredAt { get; init; }

    /// <summary>When its content first appeared; null when that was not reported.</summary>
    public DateTimeOffset? ShownAt { get; init; }

    /// <summary>Why its content had not appeared; empty when no reason was reported.</summary>
    public string NotShown { get; init; } = "";

    /// <summary>The outcome of its content; empty when it was not finished.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>The data of the report, as JSON; empty for none.</summary>
    public string Answers { get; init; } = "";
}

/// <summary>Stores the history of enrollments: one row for each visit. `EnrollmentQueries` reads it.</summary>
public static class VisitStore
{
    /// <summary>Returns the statement that stores visits; null when there are none.</summary>
    public static NpgsqlBatchCommand? Add(IReadOnlyList<(EnrollmentRow Row, VisitRow Visit)> visits)
    {
        const string sql = """
            insert into enrollment.visit (site_id, enrollment_id, visit_no, node_id, branch, cause, detail, entered_at)
            select site_id, enrollment_id, visit_no, node_id, branch, cause, detail, entered_at
            from unnest(@siteIds, @enrollmentIds, @visitNos, @nodeIds, @branches, @causes, @details, @enteredAts)
                as added (site_id, enrollment_id, visit_no, node_id, branch, cause, detail, entered_at)
            """;

        return visits.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", visits, visit => visit.Row.SiteId),
                Bulk.Column("enrollmentIds", visits, visit => visit.Row.EnrollmentId),
                Bulk.Column("visitNos", visits, visit => visit.Visit.VisitNo),
                Bulk.Column("nodeIds", visits, visit => visit.Visit.NodeId),
                Bulk.Column("branches", visits, visit => visit.Visit.Branch),
                Bulk.Column("causes", visits, visit => visit.Visit.Cause),
                Bulk.Column("details", visits, visit => visit.Visit.Detail),
                Bulk.Column("enteredAts", visits, visit => visit.Visit.EnteredAt),
            },
        };
    }

    /// <summary>Returns the statement that adds notes to visits; null when there are none.</summary>
    public static NpgsqlBatchCommand? Note(IReadOnlyList<(EnrollmentRow Row, VisitNote Note)> notes)
    {
        // Keeps the last 10 notes, so that a trait that changes with every page does not fill the table.
        const string sql = """
            update enrollment.visit as visit
            set notes = (visit.notes || added.notes)[greatest(1, cardinality(visit.notes) + cardinality(added.notes) - 9):]
            from (
                select site_id, enrollment_id, visit_no, array_agg(note order by position) as notes
                from unnest(@siteIds, @enrollmentIds, @visitNos, @notes) with ordinality as added (site_id, enrollment_id, visit_no, note, position)
                group by site_id, enrollment_id, visit_no) as added
            where visit.site_id = added.site_id and visit.enrollment_id = added.enrollment_id and visit.visit_no = added.visit_no
            """;

        return notes.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", notes, note => note.Row.SiteId),
                Bulk.Column("enrollmentIds", notes, note => note.Row.EnrollmentId),
                Bulk.Column("visitNos", notes, note => note.Note.VisitNo),
                Bulk.Column("notes", notes, note => $"{RuleText.Describe(note.Note.At)}: {note.Note.Text}"),
            },
        };
    }

    /// <summary>
    /// Records that the content of a visit appeared. Returns null if that was known or the visit does not exist;
    /// otherwise the reason why it had not appeared before, empty for none.
    /// </summary>
    public static Task<string?> ShowAsync(NpgsqlTransaction transaction, EnrollmentRow row, int visitNo, string nodeId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visit
            set shown_at = @now
            where site_id = @SiteId and enrollment_id = @EnrollmentId and visit_no = @visitNo and node_id = @nodeId and shown_at is null
            returning not_shown
            """;
        return transaction.ScalarAsync<string?>(sql, new { row.SiteId, row.EnrollmentId, visitNo, nodeId, now }, ct);
    }

    /// <summary>
    /// Records why the content of a visit did not appear. Returns false if a reason is known already, it appeared, or
    /// the visit does not exist.
    /// </summary>
    public static async Task<bool> MissAsync(NpgsqlTransaction transaction, EnrollmentRow row, int visitNo, string nodeId, string reason, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visit
            set not_shown = @reason
            where site_id = @SiteId and enrollment_id = @EnrollmentId and visit_no = @visitNo and node_id = @nodeId and shown_at is null and not_shown = ''
            """;
        return await transaction.ExecuteAsync(sql, new { row.SiteId, row.EnrollmentId, visitNo, nodeId, reason }, ct) > 0;
    }

    /// <summary>Removes at most `limit` visits and returns them, because each may still have a timer.</summary>
    public static Task<IReadOnlyList<VisitRow>> RemoveAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.visit
            where site_id = @siteId and (enrollment_id, visit_no) in (
                select enrollment_id, visit_no from enrollment.visit where site_id = @siteId and enrollment_id = any(@enrollmentIds) limit @limit)
            returning enrollment_id, visit_no
            """;
        return transaction.QueryAsync<VisitRow>(sql, new { siteId, enrollmentIds, limit }, ct);
    }
}
