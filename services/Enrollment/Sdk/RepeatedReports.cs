using System.Text.Json;
using Dapper;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Tells a report that a client sends again from a new one, for clients that do not say what they report about.</summary>
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
            && row.JourneyStatus == "PUBLISHED" && HasSaid(row.Data, reported);
        if (!mayBe)
            return false;

        var outcome = reported.Outcome.ToString().ToUpperInvariant();
        return await transaction.Connection!.ExecuteScalarAsync<bool?>(new CommandDefinition(
            sql, new { row.SiteId, row.EnrollmentId, row.VisitNo, reported.NodeId, outcome }, transaction, cancellationToken: ct)) ?? false;
    }

    /// <summary>Whether the visitor made the very same report a moment ago, in an enrollment that was merged into this one since.</summary>
    public static async Task<bool> IsOfMergedAsync(
        NpgsqlTransaction transaction, PersonKey person, Enrollment enrollment, Signal.Reported reported, DateTimeOffset now,
        CancellationToken ct)
    {
        const string sql = """
            select merged.data::text
            from enrollment.enrollment merged
            join enrollment.content_outcome content
              on content.site_id = merged.site_id and content.enrollment_id = merged.enrollment_id
            join enrollment.visit finished
              on finished.site_id = content.site_id and finished.enrollment_id = content.enrollment_id
             and finished.visit_no = content.visit_no
            where merged.site_id = @SiteId and merged.profile_id = @ProfileId and merged.merged_into_id = @EnrollmentId
              and finished.node_id = @NodeId and content.outcome = @outcome and content.occurred_at > @since
              and (@visitNo is null or content.visit_no = @visitNo)
            """;

        var row = enrollment.Row;
        if (!person.IsAnonymous || row.UserId.Length == 0 || reported.NodeId != row.NodeId)
            return false;

        var (outcome, visitNo, since) = (reported.Outcome.ToString().ToUpperInvariant(), reported.VisitNo, now - Retries);
        var known = await transaction.Connection!.QueryAsync<string>(new CommandDefinition(
            sql,
            new { row.SiteId, row.ProfileId, row.EnrollmentId, reported.NodeId, outcome, visitNo, since },
            transaction,
            cancellationToken: ct));
        return known.Any(data => HasSaid(data, reported));
    }

    // A report with other answers is another report.
    static bool HasSaid(string data, Signal.Reported reported) =>
        reported.Data.ValueKind != JsonValueKind.Object
        || (new JourneyData(data).Root.TryGetProperty(reported.NodeId, out var said)
            && reported.Data.EnumerateObject().All(value => said.TryGetProperty(value.Name, out var before) && JsonElement.DeepEquals(value.Value, before)));
}
