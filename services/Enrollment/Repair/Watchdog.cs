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

/// <summary>Finds people whom the machinery lost track of, and moves them on. It has nothing to do in a healthy run.</summary>
public sealed class Watchdog(
    NpgsqlDataSource source, RepairQueries queries, AdvanceEnrollments advance, AfterCommit after, SchedulerWork work, Outbox outbox,
    SetAside aside, SlowSites slowSites, FailedMessages failed, IMeterFactory meters, TimeProvider time, Clock clock, ILogger<Watchdog> logger) : IChore
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

        // Who makes way for others is not lost: the message that wakes them is kept. They are moved all the same, because some of their site may be.
        var putOff = await failed.ListPutOffSitesAsync(ct);
        var (repaired, moved) = (0, 0);
        try
        {
            // The count commits with what it counts, so a crash neither loses nor doubles it.
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
            // Found again at the next look.
        }

        if (repaired > 0)
            logger.LogWarning("The watchdog moved {Count} enrollments whose wake-ups were lost or overdue by more than {Patience}", repaired, Overdue.Patience);

        return found.Count == Batch && moved > 0 ? TimeSpan.Zero : Interval;
    }

    async Task<(int Repaired, int Moved)> RepairAsync(
        IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)> lost, IReadOnlySet<Guid> putOff, CancellationToken ct)
    {
        var (enrollments, repaired) = await source.InBackgroundAsync(transaction => RepairAsync(transaction, lost, putOff, ct), ct);
        // Another part may fail.
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
        // For the visit that was overdue: by the time its row is locked somebody else may have moved it on.
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
