using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Retries one enrollment that is set aside, and repairs it if it is behind its history.</summary>
public sealed class RetryEnrollment(
    NpgsqlDataSource source, SetAside aside, AdvanceEnrollments advance, AfterCommit after, HealEnrollment heal, ILogger<RetryEnrollment> logger)
{
    /// <summary>
    /// Retries the enrollment now, and afterwards tries `onTrial` without keeping the result. If either fails, the
    /// enrollment stays set aside.
    /// </summary>
    /// <param name="siteId">Its site.</param>
    /// <param name="enrollmentId">The enrollment.</param>
    /// <param name="onTrial">Signals that are not held but about to be sent. They are tried and rolled back.</param>
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
        // A timer that is too early changes nothing but is requested again, so that it is not lost.
        var moved = await advance.ApplyAsync(
            transaction, locked, row => row.WakeAt is null ? [] : [new Signal.TimerElapsed(row.VisitNo)], ct);
        if (onTrial.Count > 0)
            await TryAsync(transaction, siteId, enrollmentId, onTrial, ct);
        return moved;
    }

    // Often only these signals expose the fault. If more signals are held than one transaction applies, these are held
    // behind them and expose nothing, here as in a call.
    async Task TryAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, IReadOnlyList<Signal> signals, CancellationToken ct)
    {
        const string trial = "trial";

        await transaction.SaveAsync(trial, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        await advance.ApplyAsync(transaction, locked, _ => signals, ct);
        await transaction.RollbackAsync(trial, ct);
    }
}
