using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Stops enrollments early, also while the journey is paused. Those that have ended stay unchanged, also when the stop
/// that ended them is undone.
/// </summary>
public sealed class StopEnrollment(
    NpgsqlDataSource source, IdempotencyKeys keys, EnrollmentQueries queries, EnrollmentWriter writer,
    AfterCommit after, Clock clock)
{
    /// <summary>
    /// Stops the latest attempt of a person in a journey. A repeat of the request stops no later attempt.
    /// </summary>
    public async Task<EnrollmentRow> HandleAsync(PersonKey person, Guid journeyId, string reason, RequestKey? key, CancellationToken ct)
    {
        var (enrollment, first) = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [], ct) is { } known)
                    return (null, known);

                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (locked.Rows.Count == 0)
                    throw NotThere(person, journeyId);

                await keys.NoteAsync(transaction, key, new FirstAnswer([], [locked.Rows[0].EnrollmentId]), ct);
                await StoppedStore.ForgetAsync(transaction, person.SiteId, [locked.Rows[0].EnrollmentId], ct);
                var enrollments = await StopAsync(transaction, locked, reason, ct);
                return ((Enrollment?)enrollments[0], (FirstAnswer?)null);
            },
            ct);

        if (enrollment is null)
        {
            var known = (await queries.ListByIdAsync(person.SiteId, first!.Found, ct)).SingleOrDefault() ?? throw NotThere(person, journeyId);
            person.RequireProof(known.UserId);
            return known;
        }

        after.Announce([enrollment]);
        return enrollment.Row;
    }

    /// <summary>Stops one enrollment.</summary>
    public async Task<EnrollmentRow> HandleAsync(Guid siteId, Guid journeyId, Guid enrollmentId, string reason, CancellationToken ct)
    {
        var known = await queries.FindAsync(siteId, journeyId, enrollmentId, ct) ?? throw new NotFound("enrollment", enrollmentId);
        var enrollments = await source.InTransactionAsync(
            async transaction =>
            {
                // First, so that an undo that continues the enrollment now is waited for, and it is stopped again.
                await StoppedStore.ForgetAsync(transaction, siteId, [enrollmentId], ct);
                return await StopAsync(transaction, await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct), reason, ct);
            },
            ct);

        after.Announce(enrollments);
        return enrollments.Count > 0 ? enrollments[0].Row : known;
    }

    /// <summary>
    /// Stops locked enrollments within a transaction. It needs neither rules nor a version, so faults in those cannot
    /// prevent it.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="locked">The enrollments.</param>
    /// <param name="reason">One of <see cref="StopReasons"/>.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="note">The note for the history; empty for none.</param>
    public async Task<IReadOnlyList<Enrollment>> StopAsync(
        NpgsqlTransaction transaction, LockedRows locked, string reason, CancellationToken ct, string note = "")
    {
        var now = clock.At(locked.At);
        var enrollments = locked.Rows.Select(row => new Enrollment(row, CompiledJourney.Unreadable)).ToList();
        foreach (var enrollment in enrollments.Where(enrollment => enrollment.IsActive))
            enrollment.Apply(new Signal.Stopped(reason, note), now);

        await writer.SaveAsync(transaction, enrollments, ct);
        return enrollments;
    }

    static NotFound NotThere(PersonKey person, Guid journeyId) => new("enrollment", $"of {person.FirstId} in journey {journeyId}");
}
