using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Progression;

/// <summary>A signal on its way to an enrollment.</summary>
public sealed record SignalDelivery(Guid SiteId, Guid EnrollmentId, Signal Signal);

/// <summary>Moves enrollments: loads them locked, has the engine decide, writes in bulk. One path for 1 signal or for 500.</summary>
public sealed class AdvanceEnrollments(
    NpgsqlDataSource source, EnrollmentLoader loader, EnrollmentWriter writer, AfterCommit after, SetAside aside, Clock clock)
{
    // Each has up to 200 signals applied in a transaction.
    const int MostWithMoreHeld = 20;
    const int MostPortions = 5;

    /// <summary>Applies signals in their order. Whoever cannot be moved is set aside, and keeps nobody else. Returns how many changed something.</summary>
    /// <param name="deliveries">The signals.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="slow">Counts who takes too long in the same message; null where nobody is put off.</param>
    /// <exception cref="PutOff">One site has too many slow people: the rest of it has to come again. All others are done.</exception>
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
        // Another part may fail.
        after.Announce(moved);
        await FinishHeldAsync(moved, ct);
        return moved.Count(enrollment => enrollment.HasChanged);
    }

    /// <summary>Applies more of what is held for a few enrollments after a transaction that applied the first of it, a transaction at a time.</summary>
    /// <remarks>Only so many, since others wait behind them. The job of the resume goes on with the rest, or the watchdog, as after a crash.</remarks>
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

    /// <summary>Applies to each locked row what is held for it, and then these signals.</summary>
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
