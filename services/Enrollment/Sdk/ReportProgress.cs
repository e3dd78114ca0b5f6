using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Takes a report of finished content. One that is late or repeated changes nothing.</summary>
public sealed class ReportProgress(
    NpgsqlDataSource source, JourneyCatalog catalog, EnrollmentLoader loader, EnrollmentWriter writer, AfterCommit after, MoveEnrollments move, GuardCall guard,
    ReportsTogether together, SiteGate gate, RuleEffort efforts, TimeProvider time, Clock clock)
{
    /// <summary>Returns the enrollment as the report left it. Where nothing is in the way, it shares a transaction with what others report.</summary>
    /// <param name="person">Who reports.</param>
    /// <param name="journeyId">In which journey.</param>
    /// <param name="reported">What was finished.</param>
    /// <param name="enrollmentId">The attempt that is meant; null where the caller does not say.</param>
    /// <param name="endTurn">Ends the call's turn at the site's gate, for as long as it waits without a connection.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<(Enrollment Enrollment, SignalOutcome Outcome)> HandleAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, Guid? enrollmentId, Action endTurn, CancellationToken ct)
    {
        efforts.RefuseOverspent(person.SiteId);
        var site = await catalog.OfAsync(person.SiteId, ct);
        // What is finished may move the person in other journeys, which takes the lock of the person.
        if (site.AsksForContent)
            return await AloneAsync(person, journeyId, reported, enrollmentId, site, ct);

        endTurn();
        if (await together.TryAsync(new(person, journeyId, reported, enrollmentId), ct) is { } stored)
        {
            after.Announce([stored.Enrollment]);
            return stored;
        }

        using var turn = await gate.EnterAsync(person.SiteId, ct);
        return await AloneAsync(person, journeyId, reported, enrollmentId, site, ct);
    }

    async Task<(Enrollment Enrollment, SignalOutcome Outcome)> AloneAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, Guid? enrollmentId, SiteCatalog site, CancellationToken ct)
    {
        var (enrollment, outcome, moved) = await guard.HandleAsync(
            person, [reported], letsIn: true, mayEnter => StoreAsync(person, journeyId, reported, enrollmentId, site, mayEnter, ct), ct);

        after.Announce([enrollment, .. moved]);
        return (enrollment, outcome);
    }

    Task<(Enrollment Enrollment, SignalOutcome Outcome, IReadOnlyList<Enrollment> Moved)> StoreAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, Guid? enrollmentId, SiteCatalog site, bool letsIn, CancellationToken ct) =>
        source.InTransactionAsync<(Enrollment, SignalOutcome, IReadOnlyList<Enrollment>)>(
            async transaction =>
            {
                var profile = site.AsksForContent ? await LockKnownAsync(transaction, person, time.GetUtcNow(), ct) : null;
                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (locked.Rows.Count == 0)
                    throw new NotFound("enrollment", $"of {person.FirstId} in journey {journeyId}");

                var now = clock.At(locked.At);
                var enrollment = (await loader.LoadAsync(transaction, locked.Rows, ct))[0];
                // Visits are numbered anew in each attempt, so one of an earlier attempt may look like the present one.
                var isMeant = enrollment.IsActive && (enrollmentId is null
                    ? !await RepeatedReports.IsOfMergedAsync(transaction, person, enrollment, reported, now, ct)
                    : enrollmentId == enrollment.Row.EnrollmentId);
                var outcome = isMeant && !await RepeatedReports.IsOneAsync(transaction, enrollment, reported, now, ct)
                    ? enrollment.Receive([reported], now)
                    : SignalOutcome.Ignored;
                await writer.SaveAsync(transaction, [enrollment], ct);

                // What was finished here may be another journey's goal, or what an audience asks for.
                var moved = profile is not null && outcome == SignalOutcome.Applied
                    ? await move.HandleAsync(transaction, person.SiteId, profile, [], letsIn, ct)
                    : [];
                // It may have moved this enrollment once more.
                return (moved.FirstOrDefault(other => other.Row.EnrollmentId == enrollment.Row.EnrollmentId && other.HasChanged) ?? enrollment, outcome, moved);
            },
            ct);

    // Before the enrollment, as everybody locks.
    static async Task<ProfileRow?> LockKnownAsync(NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, CancellationToken ct) =>
        await ProfileStore.FindAsync(transaction.Connection!, person, ct) is null ? null : await ProfileStore.LockAsync(transaction, person, now, ct);
}
