using System.Diagnostics.Metrics;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Repair;

/// <summary>Finds enrollments whose wake-up was lost, and moves them. Finds nothing in a healthy run.</summary>
public sealed class Watchdog(
    NpgsqlDataSource source, RepairQueries queries, AdvanceEnrollments advance, AfterCommit after, SchedulerWork work, Outbox outbox,
    SetAside aside, SlowSites slowSites, FailedMessageStore failed, IMeterFactory meters, TimeProvider time, Clock clock, ILogger<Watchdog> logger) : IChore
{
    const int Batch = 500;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    readonly Counter<int> repairs = meters.Create(Telemetry.MeterName)
        .CreateCounter<int>("journeys.wakeups.repaired", description: "Lost wake-ups that the watchdog acted on");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var found = await queries.ListLostAsync(await work.ListReleasingAsync(time.GetUtcNow(), ct), Batch, ct);
        if (found.Count == 0)
            return Interval;

        // Enrollments of a site whose messages were deferred are not lost, because the message that wakes them is kept.
        // They are moved too, because some of that site may be lost, but they are not counted as repaired.
        var putOff = await failed.ListPutOffSitesAsync(ct);
        var (repaired, moved) = (0, 0);
        try
        {
            // The count is stored in the transaction that it counts, so that a crash neither loses nor doubles it.
            await Splitting.RunAsync(
                found.GroupBy(row => (row.SiteId, row.EnrollmentId)).ToList(),
                of => of.Key.SiteId,
                async part =>
                {
                    var done = await RepairAsync([.. part.SelectMany(of => of)], putOff, ct);
                    (repaired, moved) = (repaired + done.Repaired, moved + done.Moved);
                    return done;
                },
                (of, failure) => aside.NoteAsync(of.Key.SiteId, of.Key.EnrollmentId, [new Signal.TimerElapsed(of.First().VisitNo)], failure, ct),
                slowSites.Begin());
        }
        catch (PutOff)
        {
            // The next run finds them again.
        }

        if (repaired > 0)
            logger.LogWarning("The watchdog moved {Count} enrollments whose wake-ups were lost or overdue by more than {Patience}", repaired, Overdue.Patience);

        return found.Count == Batch && moved > 0 ? TimeSpan.Zero : Interval;
    }

    async Task<(int Repaired, int Moved)> RepairAsync(
        IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)> lost, IReadOnlySet<Guid> putOff, CancellationToken ct)
    {
        var (enrollments, repaired) = await source.InBackgroundAsync(transaction => RepairAsync(transaction, lost, putOff, ct), ct);
        // Announces each part after its commit, because another part may fail.
        after.Announce(enrollments);
        outbox.Wake();
        await advance.FinishHeldAsync(enrollments, ct);
        if (repaired > 0)
            repairs.Add(repaired);

        return (repaired, enrollments.Count(enrollment => enrollment.HasChanged));
    }

    async Task<(IReadOnlyList<Enrollment> Enrollments, int Repaired)> RepairAsync(
        NpgsqlTransaction transaction, IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)> lost, IReadOnlySet<Guid> putOff, CancellationToken ct)
    {
        // Names the visit that was overdue, because the enrollment may have moved on before its row is locked.
        var signals = lost.ToLookup(row => row.EnrollmentId, row => new Signal.TimerElapsed(row.VisitNo));
        var locked = await EnrollmentStore.LockActiveAsync(
            transaction, [.. lost.Select(row => row.SiteId)], [.. lost.Select(row => row.EnrollmentId)], ct);
        var enrollments = await advance.ApplyAsync(transaction, locked, row => signals[row.EnrollmentId], ct);

        var repaired = enrollments.Count(enrollment => enrollment.HasChanged && !putOff.Contains(enrollment.Row.SiteId));
        if (repaired > 0)
            await outbox.AddAsync(transaction, new Proto.WakeUpsRepaired { Count = repaired, Time = clock.At(locked.At).ToTimestamp() }, ct);
        return (enrollments, repaired);
    }
}
