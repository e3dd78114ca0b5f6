using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Progression;

/// <summary>A signal and the enrollment that receives it.</summary>
public sealed record SignalDelivery(Guid SiteId, Guid EnrollmentId, Signal Signal);

/// <summary>
/// Moves enrollments: locks and loads them, lets the engine decide, writes in bulk. The path is the same for 1 signal
/// and for 500.
/// </summary>
public sealed class AdvanceEnrollments(
    NpgsqlDataSource source, EnrollmentLoader loader, EnrollmentWriter writer, AfterCommit after, SetAside aside, Clock clock)
{
    // One transaction applies up to 200 held signals of each enrollment.
    const int MostWithMoreHeld = 20;
    const int MostPortions = 5;

    /// <summary>
    /// Applies signals in order. Enrollments that cannot be moved are set aside and do not affect the others. Returns
    /// the number of enrollments that changed.
    /// </summary>
    /// <param name="deliveries">The signals.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="slow">Counts the slow enrollments of the same message; null if none are deferred.</param>
    /// <exception cref="PutOff">One site has too many slow people: the rest of it is deferred. All others are
    /// done.</exception>
    public async Task<int> HandleAsync(IReadOnlyCollection<SignalDelivery> deliveries, CancellationToken ct, SlowPeople? slow = null)
    {
        var parts = await Splitting.RunAsync(
            deliveries.GroupBy(delivery => (delivery.SiteId, delivery.EnrollmentId)).ToList(),
            of => of.Key.SiteId,
            part => MoveAsync(part, ct),
            (of, failure) => aside.NoteAsync(of.Key.SiteId, of.Key.EnrollmentId, [.. of.Select(delivery => delivery.Signal)], failure, ct),
            slow);

        return parts.Sum();
    }

    async Task<int> MoveAsync(IEnumerable<IEnumerable<SignalDelivery>> part, CancellationToken ct)
    {
        var deliveries = part.SelectMany(of => of).ToList();
        var moved = await source.InTransactionAsync(
            async transaction =>
            {
                var locked = await EnrollmentStore.LockActiveAsync(
                    transaction,
                    [.. deliveries.Select(delivery => delivery.SiteId)],
                    [.. deliveries.Select(delivery => delivery.EnrollmentId)],
                    ct);
                var signals = deliveries.ToLookup(delivery => delivery.EnrollmentId, delivery => delivery.Signal);
                return await ApplyAsync(transaction, locked, row => signals[row.EnrollmentId], ct);
            },
            ct);
        // Announces each part after its commit, because another part may fail.
        after.Announce(moved);
        await FinishHeldAsync(moved, ct);
        return moved.Count(enrollment => enrollment.HasChanged);
    }

    /// <summary>
    /// Applies more held signals of a few enrollments, one batch per transaction, after a transaction that applied the
    /// first batch.
    /// </summary>
    /// <remarks>
    /// The work is limited, because other enrollments wait behind these. The job of the resume applies the rest, or the
    /// watchdog, as after a crash.
    /// </remarks>
    public async Task FinishHeldAsync(IReadOnlyList<Enrollment> moved, CancellationToken ct)
    {
        var left = moved.Where(enrollment => enrollment.HasMoreHeld).Take(MostWithMoreHeld).ToArray();
        for (var portions = 0; left.Length > 0 && portions < MostPortions; portions++)
        {
            Guid[] siteIds = [.. left.Select(enrollment => enrollment.Row.SiteId)];
            Guid[] enrollmentIds = [.. left.Select(enrollment => enrollment.Row.EnrollmentId)];
            var applied = await source.InTransactionAsync(
                async transaction => await ApplyAsync(
                    transaction, await EnrollmentStore.LockActiveAsync(transaction, siteIds, enrollmentIds, ct), static _ => [], ct),
                ct);
            after.Announce(applied);
            left = [.. applied.Where(enrollment => enrollment.HasMoreHeld)];
        }
    }

    /// <summary>Applies the held signals of each locked row, and then these signals.</summary>
    public async Task<IReadOnlyList<Enrollment>> ApplyAsync(
        NpgsqlTransaction transaction, LockedRows locked, Func<EnrollmentRow, IEnumerable<Signal>> signalsOf, CancellationToken ct)
    {
        var now = clock.At(locked.At);
        var needsAllHeld = locked.Rows.Any(row => signalsOf(row).Any(Enrollment.ComparesWithHeld));
        var enrollments = await loader.LoadAsync(transaction, locked.Rows, ct, needsAllHeld: needsAllHeld);
        foreach (var enrollment in enrollments)
            enrollment.Receive(signalsOf(enrollment.Row), now);

        await writer.SaveAsync(transaction, enrollments, ct);
        return enrollments;
    }
}
