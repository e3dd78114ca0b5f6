using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Sets aside an enrollment that cannot be moved, so that it delays nobody else: it is recorded, counted, logged, and
/// retried later.
/// </summary>
public sealed class SetAside
{
    // If recording a timeout takes longer than this, the database is slow for everybody, or the enrollment is locked.
    static readonly TimeSpan Quick = TimeSpan.FromSeconds(5);

    readonly NpgsqlDataSource source;
    readonly Clock clock;
    readonly ILogger<SetAside> logger;
    readonly Counter<int> failures;

    public SetAside(NpgsqlDataSource source, Clock clock, IMeterFactory meters, ILogger<SetAside> logger)
    {
        this.source = source;
        this.clock = clock;
        this.logger = logger;
        failures = meters.Create(Telemetry.MeterName).CreateCounter<int>(
            "journeys.set_aside.failures", description: "Times that an enrollment could not be moved and was set aside");
    }

    /// <summary>
    /// Records that these signals could not be applied to an enrollment. Holds them for the next retry, except timers,
    /// because the retry ends overdue waits itself.
    /// </summary>
    /// <exception cref="Exception">The failure was a wait for a lock, or it was a timeout and recording it took too long
    /// too: the enrollment is not the cause, so the failure itself is thrown for a retry.</exception>
    public async Task NoteAsync(Guid siteId, Guid enrollmentId, IReadOnlyCollection<Signal> signals, Exception failure, CancellationToken ct)
    {
        if (RowFault.WaitedForLock(failure))
            throw failure;

        var (cause, kind) = (RowFault.Describe(failure), signals.FirstOrDefault()?.GetType().Name ?? "");
        var count = await source.InTransactionAsync(
            async transaction =>
            {
                if (!RowFault.TookTooLong(failure))
                    return await NoteAsync(transaction);
                var (inTime, noted) = await transaction.WithinAsync(Quick, () => NoteAsync(transaction), ct);
                return inTime ? noted : throw RowFault.ToTryAgain(failure);
            },
            ct);

        if (count == 0)
            return;
        failures.Add(1);
        // Logs the 1st, 2nd, 4th, 8th... failure.
        if ((count & (count - 1)) == 0)
            logger.LogError(
                failure, "Enrollment {EnrollmentId} of site {SiteId} could not be moved {Failures} times and is set aside: {Cause}",
                enrollmentId, siteId, count, cause);

        async Task<int> NoteAsync(NpgsqlTransaction transaction)
        {
            var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
            if (locked.Rows is not [var row])
                return 0;

            var now = clock.At(locked.At);
            var toHold = signals.Where(signal => signal is not Signal.TimerElapsed).Select(signal => HeldRow.Of(row, signal, now)).ToList();
            await HeldSignalStore.AddAsync(transaction, toHold, ct);
            return await SetAsideStore.NoteAsync(transaction, row, kind, cause, now, ct);
        }
    }
}
