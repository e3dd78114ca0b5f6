using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Archives enrollments of an archived journey, some at a time.</summary>
public sealed class ArchiveEnrollments(EnrollmentWriter writer, Clock clock)
{
    /// <summary>
    /// Archives at most <paramref name="limit"/> within a transaction. Whom somebody else has locked it passes over, and waits for them only when nobody
    /// else is left. Nobody is left when it returns nobody.
    /// </summary>
    public async Task<IReadOnlyList<Enrollment>> HandleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        var (rows, lockedAt) = await EnrollmentStore.TryLockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        if (rows.Count == 0)
            (rows, lockedAt) = await EnrollmentStore.LockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        // To archive somebody takes neither a version nor a person, so one that is missing stops nobody.
        var enrollments = rows.Select(row => new Enrollment(row, CompiledJourney.Unreadable)).ToList();
        foreach (var enrollment in enrollments)
            enrollment.Archive(StopReasons.JourneyArchived, mergedIntoId: null, clock.At(lockedAt));
        await writer.SaveAsync(transaction, enrollments, ct);
        return enrollments;
    }
}
