using System.Text.Json;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Protos;
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
        var row = enrollment.Row;
        if (!MayHaveLedHere(row, reported, now))
            return false;

        return await EnrollmentStore.IsWhereReportLedAsync(transaction, row, reported.NodeId, reported.Outcome.Text(), ct);
    }

    /// <summary>Whether it takes a look at the database to tell.</summary>
    public static bool MayBeOne(PersonKey person, EnrollmentRow row, Signal.Reported reported, DateTimeOffset now) =>
        MayHaveLedHere(row, reported, now) || MayBeOfMerged(person, row, reported);

    /// <summary>Whether the visitor made the very same report a moment ago, in an enrollment that was merged into this one since.</summary>
    public static async Task<bool> IsOfMergedAsync(
        NpgsqlTransaction transaction, PersonKey person, Enrollment enrollment, Signal.Reported reported, DateTimeOffset now,
        CancellationToken ct)
    {
        var row = enrollment.Row;
        if (!MayBeOfMerged(person, row, reported))
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

    // A report with other answers is another report.
    static bool HasSaid(string data, Signal.Reported reported) =>
        reported.Data.ValueKind != JsonValueKind.Object
        || (new JourneyData(data).Root.TryGetProperty(reported.NodeId, out var said)
            && reported.Data.EnumerateObject().All(value => said.TryGetProperty(value.Name, out var before) && JsonElement.DeepEquals(value.Value, before)));
}
