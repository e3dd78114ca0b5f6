using System.Text.Json;
using Dapper;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Tells a report that a client sends again from a new one, for clients that do not say which visit they report.</summary>
public static class RepeatedReports
{
    // Long enough for a client that got no answer and tries again, short enough for a person who goes through the same step once more.
    static readonly TimeSpan Retries = TimeSpan.FromSeconds(10);

    /// <summary>Whether the very same report, of the visit before, led back to the node a moment ago.</summary>
    public static async Task<bool> IsOneAsync(NpgsqlTransaction transaction, Enrollment enrollment, Signal.Reported reported, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            select finished.node_id = @NodeId and content.outcome = @outcome and present.cause = 'report:' || content.outcome
            from enrollment.content_outcome content
            join enrollment.visit finished
              on finished.site_id = content.site_id and finished.enrollment_id = content.enrollment_id and finished.visit_no = content.visit_no
            join enrollment.visit present
              on present.site_id = content.site_id and present.enrollment_id = content.enrollment_id and present.visit_no = @VisitNo
            where content.site_id = @SiteId and content.enrollment_id = @EnrollmentId
            order by content.visit_no desc
            limit 1
            """;

        var row = enrollment.Row;
        var mayBe = reported.VisitNo is null && reported.NodeId == row.NodeId && row.StepsDone > 0 && now < row.WaitingSince + Retries
            && row.JourneyStatus == "PUBLISHED" && HasSaid(enrollment, reported);
        if (!mayBe)
            return false;

        var outcome = reported.Outcome.ToString().ToUpperInvariant();
        return await transaction.Connection!.ExecuteScalarAsync<bool?>(new CommandDefinition(
            sql, new { row.SiteId, row.EnrollmentId, row.VisitNo, reported.NodeId, outcome }, transaction, cancellationToken: ct)) ?? false;
    }

    // A report with other answers is another report.
    static bool HasSaid(Enrollment enrollment, Signal.Reported reported) =>
        reported.Data.ValueKind != JsonValueKind.Object
        || (new JourneyData(enrollment.Row.Data).Root.TryGetProperty(reported.NodeId, out var said)
            && reported.Data.EnumerateObject().All(value => said.TryGetProperty(value.Name, out var before) && JsonElement.DeepEquals(value.Value, before)));
}
