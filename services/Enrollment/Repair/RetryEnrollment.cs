using Journeys.BuildingBlocks.Databases;
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
    /// <summary>Tries it now, and what came last on trial. Where that fails it stays set aside.</summary>
    /// <param name="siteId">Its site.</param>
    /// <param name="enrollmentId">The enrollment.</param>
    /// <param name="onTrial">Signals that are not held and on their way to it. None of them is applied.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task HandleAsync(Guid siteId, Guid enrollmentId, IReadOnlyList<Signal> onTrial, CancellationToken ct)
    {
        try
        {
            var enrollments = await source.InTransactionAsync(transaction => MoveAsync(transaction, siteId, enrollmentId, onTrial, ct), ct);
            after.Announce(enrollments);
            await advance.FinishHeldAsync(enrollments, ct);
            logger.LogInformation("Enrollment {EnrollmentId} of site {SiteId} is no longer set aside", enrollmentId, siteId);
        }
        catch (Exception failure) when (RowFault.Is(failure) || RowFault.TookTooLong(failure))
        {
            await aside.NoteAsync(siteId, enrollmentId, [], failure, ct);
        }
    }

    async Task<IReadOnlyList<Enrollment>> MoveAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, IReadOnlyList<Signal> onTrial, CancellationToken ct)
    {
        await SetAsideStore.RemoveAsync(transaction, siteId, enrollmentId, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        if (await heal.HandleAsync(transaction, locked, ct))
            locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        // A timer that is too early changes nothing and is asked for again, so that it is not lost.
        var moved = await advance.ApplyAsync(
            transaction, locked, row => row.WakeAt is null ? [] : [new Signal.TimerElapsed(row.VisitNo)], ct);
        if (onTrial.Count > 0)
            await TryAsync(transaction, siteId, enrollmentId, onTrial, ct);
        return moved;
    }

    // Often nothing else brings the fault out. Where more is held than one transaction applies, they come behind it and bring nothing out, neither here nor in a call.
    async Task TryAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, IReadOnlyList<Signal> signals, CancellationToken ct)
    {
        const string trial = "trial";

        await transaction.SaveAsync(trial, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        await advance.ApplyAsync(transaction, locked, _ => signals, ct);
        await transaction.RollbackAsync(trial, ct);
    }
}
