using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Tries to move one enrollment that is set aside, and puts it right where it is behind its history.</summary>
public sealed class RetryEnrollment(
    NpgsqlDataSource source, SetAside aside, AdvanceEnrollments advance, AfterCommit after, HealEnrollment heal, ILogger<RetryEnrollment> logger)
{
    /// <summary>Tries it now. Where that fails it stays set aside.</summary>
    public async Task HandleAsync(Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        try
        {
            var enrollments = await source.InTransactionAsync(transaction => MoveAsync(transaction, siteId, enrollmentId, ct), ct);
            after.Announce(enrollments);
            logger.LogInformation("Enrollment {EnrollmentId} of site {SiteId} is no longer set aside", enrollmentId, siteId);
        }
        catch (Exception failure) when (RowFault.Is(failure))
        {
            await aside.NoteAsync(siteId, enrollmentId, [], failure, ct);
        }
    }

    async Task<IReadOnlyList<Enrollment>> MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        await SetAsideStore.RemoveAsync(transaction, siteId, enrollmentId, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        if (await heal.HandleAsync(transaction, locked, ct))
            locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        // A timer that is too early changes nothing and is asked for again, so that it is not lost.
        return await advance.ApplyAsync(
            transaction, locked, row => row.WakeAt is null ? [] : [new Signal.TimerElapsed(row.VisitNo)], ct);
    }
}
