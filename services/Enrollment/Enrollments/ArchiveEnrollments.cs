using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Archives enrollments of an archived journey, in batches.</summary>
public sealed class ArchiveEnrollments(EnrollmentWriter writer, Clock clock)
{
    /// <summary>
    /// Archives at most <paramref name="limit"/> enrollments within a transaction. Skips locked ones, and waits for
    /// their locks only when no others are left. Returns an empty list when everything is archived.
    /// </summary>
    public async Task<IReadOnlyList<Enrollment>> HandleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        var (rows, lockedAt) = await EnrollmentStore.TryLockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        if (rows.Count == 0)
            (rows, lockedAt) = await EnrollmentStore.LockArchivedOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
        // Archiving reads neither the version nor the person, so it also works where one of them is missing.
        var enrollments = rows.Select(row => new Enrollment(row, CompiledJourney.Unreadable)).ToList();
        foreach (var enrollment in enrollments)
            enrollment.Archive(StopReasons.JourneyArchived, mergedIntoId: null, clock.At(lockedAt));
        await writer.SaveAsync(transaction, enrollments, ct);
        return enrollments;
    }
}
