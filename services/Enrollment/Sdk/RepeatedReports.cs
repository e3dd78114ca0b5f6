using System.Text.Json;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Protos;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>
/// Distinguishes a repeated report from a new one, for clients that do not name the visit or the enrollment.
/// </summary>
public static class RepeatedReports
{
    // Long enough for a retry after a lost answer, short enough for a person who passes the same step again.
    static readonly TimeSpan Retries = TimeSpan.FromSeconds(10);

    /// <summary>Whether the database must be queried to decide.</summary>
    public static bool MayBeOne(Report report, EnrollmentRow row, DateTimeOffset now) =>
        MayHaveLedHere(row, report.Reported, now) || MayBeOfMerged(report.Person, row, report.Reported);

    /// <summary>Whether the same report was made recently.</summary>
    public static async Task<bool> IsOneAsync(
        NpgsqlTransaction transaction, Report report, EnrollmentRow row, DateTimeOffset now, CancellationToken ct) =>
        (report.EnrollmentId is null && await IsOfMergedAsync(transaction, report, row, now, ct))
        || await HasLedHereAsync(transaction, row, report.Reported, now, ct);

    // Whether the same report, of the previous visit, led back to the node.
    static async Task<bool> HasLedHereAsync(
        NpgsqlTransaction transaction, EnrollmentRow row, Signal.Reported reported, DateTimeOffset now, CancellationToken ct) =>
        MayHaveLedHere(row, reported, now)
        && await EnrollmentStore.IsWhereReportLedAsync(transaction, row, reported.NodeId, reported.Outcome.Text(), ct);

    // Whether the visitor made the same report in an enrollment that was merged into this one since.
    static async Task<bool> IsOfMergedAsync(
        NpgsqlTransaction transaction, Report report, EnrollmentRow row, DateTimeOffset now, CancellationToken ct)
    {
        var reported = report.Reported;
        if (!MayBeOfMerged(report.Person, row, reported))
            return false;

        var known = await EnrollmentStore.ListMergedDataAsync(
            transaction, row, reported.NodeId, reported.Outcome.Text(), reported.VisitNo, now - Retries, ct);
        return known.Any(data => HasSaid(data, reported));
    }

    static bool MayHaveLedHere(EnrollmentRow row, Signal.Reported reported, DateTimeOffset now) =>
        reported.VisitNo is null && reported.NodeId == row.NodeId && row.StepsDone > 0 && now < row.WaitingSince + Retries
        && row.JourneyStatus == JourneyStatuses.Published && HasSaid(row.Data, reported);

    static bool MayBeOfMerged(PersonKey person, EnrollmentRow row, Signal.Reported reported) =>
        person.IsAnonymous && row.UserId.Length > 0 && reported.NodeId == row.NodeId;

    // A report with other answers is a new report.
    static bool HasSaid(string data, Signal.Reported reported) =>
        reported.Data.ValueKind != JsonValueKind.Object
        || (new JourneyData(data).Root.TryGetProperty(reported.NodeId, out var said)
            && reported.Data.EnumerateObject().All(value => said.TryGetProperty(value.Name, out var before) && JsonElement.DeepEquals(value.Value, before)));
}
