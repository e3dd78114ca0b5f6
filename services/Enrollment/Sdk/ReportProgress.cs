using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Applies a report of finished content. A late or repeated report changes nothing.</summary>
public sealed class ReportProgress(
    NpgsqlDataSource source, JourneyCatalog catalog, EnrollmentLoader loader, EnrollmentWriter writer, AfterCommit after, MoveEnrollments move,
    GuardCall guard, ReportsTogether together, SiteGate gate, RuleEffort efforts, TimeProvider time, Clock clock)
{
    /// <summary>
    /// Returns the enrollment after the report. If possible, stores the report in one transaction with reports of
    /// others.
    /// </summary>
    /// <param name="report">The report.</param>
    /// <param name="endTurn">Releases the call's turn at the site's gate while it waits without a connection.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<ReportResult> HandleAsync(Report report, Action endTurn, CancellationToken ct)
    {
        var siteId = report.Person.SiteId;
        efforts.RefuseOverspent(siteId);
        var site = await catalog.OfAsync(siteId, ct);
        // Finished content may move the person in other journeys, which needs the lock of the profile.
        if (site.AsksForContent)
            return await AloneAsync(report, site, ct);

        endTurn();
        if (await together.TryAsync(report, ct) is { } stored)
            return stored;

        using var turn = await gate.EnterAsync(siteId, ct);
        return await AloneAsync(report, site, ct);
    }

    async Task<ReportResult> AloneAsync(Report report, SiteCatalog site, CancellationToken ct)
    {
        var (result, moved) = await guard.HandleAsync(
            report.Person, [report.Reported], MayEnter.All, mayEnter => StoreAsync(report, site, mayEnter, ct), ct);

        after.Announce([result.Enrollment, .. moved]);
        return result;
    }

    Task<(ReportResult Result, IReadOnlyList<Enrollment> Moved)> StoreAsync(
        Report report, SiteCatalog site, MayEnter mayEnter, CancellationToken ct) =>
        source.InTransactionAsync<(ReportResult, IReadOnlyList<Enrollment>)>(
            async transaction =>
            {
                var person = report.Person;
                var profile = site.AsksForContent ? await LockKnownAsync(transaction, person, time.GetUtcNow(), ct) : null;
                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, report.JourneyId, ct);
                if (locked.Rows.Count == 0)
                    throw new NotFound("enrollment", $"of {person.FirstId} in journey {report.JourneyId}");

                var now = clock.At(locked.At);
                var enrollment = (await loader.LoadAsync(transaction, locked.Rows, ct))[0];
                var isNew = report.IsAbout(enrollment) && !await RepeatedReports.IsOneAsync(transaction, report, enrollment.Row, now, ct);
                var outcome = isNew ? enrollment.Receive([report.Reported], now) : SignalOutcome.Ignored;
                await writer.SaveAsync(transaction, [enrollment], ct);

                // The finished content may be another journey's goal, or part of an audience.
                var moved = profile is not null && outcome == SignalOutcome.Applied
                    ? await move.HandleAsync(transaction, person.SiteId, profile, [], mayEnter, ct)
                    : [];
                // The other moves may have changed this enrollment again.
                var latest = moved.FirstOrDefault(other => other.Row.EnrollmentId == enrollment.Row.EnrollmentId && other.HasChanged);
                return (new(latest ?? enrollment, outcome), moved);
            },
            ct);

    // Locks the profile before the enrollment, in the same order as all other transactions.
    static async Task<ProfileRow?> LockKnownAsync(NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, CancellationToken ct) =>
        await ProfileStore.FindAsync(transaction.Connection!, person, ct) is null ? null : await ProfileStore.LockAsync(transaction, person, now, ct);
}
