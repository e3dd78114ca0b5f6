using System.Diagnostics.Metrics;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments;

/// <summary>Finds people whom the machinery lost track of, and moves them on. It has nothing to do in a healthy run.</summary>
public sealed class Watchdog(
    NpgsqlDataSource source, AdvanceEnrollments advance, Outbox outbox, IMeterFactory meters, TimeProvider time, ILogger<Watchdog> logger) : IChore
{
    const int Batch = 500;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>How long a wake-up may be overdue before it counts as lost.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // After a resume overdue waits are released at a bounded rate on purpose.
    static readonly TimeSpan AfterResume = TimeSpan.FromHours(1);

    readonly Counter<int> repairs = meters.Create(ServiceDefaults.MeterName)
        .CreateCounter<int>("journeys.wakeups.repaired", description: "Lost wake-ups that the watchdog acted on");

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var lost = await FindAsync(now, ct);
        if (lost.Count == 0)
            return Interval;

        var repaired = await advance.HandleAsync(
            [.. lost.Select(row => new Delivery(row.SiteId, row.EnrollmentId, new Signal.TimerElapsed(row.VisitNo)))], ct);
        if (repaired > 0)
        {
            repairs.Add(repaired);
            logger.LogWarning("The watchdog moved {Count} enrollments whose wake-ups were lost or overdue by more than {Patience}", repaired, Patience);
            var message = new Proto.WakeUpsRepaired { Count = repaired, Time = now.ToTimestamp() };
            await source.InTransactionAsync(transaction => outbox.AddAsync(transaction, message, ct), ct);
            outbox.Wake();
        }

        return lost.Count == Batch ? TimeSpan.Zero : Interval;
    }

    // Overdue waits, and held signals of journeys that are not paused.
    async Task<IReadOnlyList<(Guid SiteId, Guid EnrollmentId, int VisitNo)>> FindAsync(DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            (select e.site_id, e.enrollment_id, e.visit_no
             from enrollment.enrollment e
             join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
             where e.wake_at < @overdue and j.status = 'PUBLISHED' and e.version > j.archived_version and (j.resumed_at is null or j.resumed_at < @resumed)
             order by e.wake_at
             limit @limit)
            union
            (select e.site_id, e.enrollment_id, 0
             from enrollment.held_signal h
             join enrollment.enrollment e on e.site_id = h.site_id and e.enrollment_id = h.enrollment_id and e.status = 'ACTIVE'
             join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
             where h.held_at < @overdue and j.status = 'PUBLISHED' and e.version > j.archived_version and (j.resumed_at is null or j.resumed_at < @resumed)
             limit @limit)
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<(Guid, Guid, int)>(new CommandDefinition(
            sql, new { overdue = now - Patience, resumed = now - AfterResume, limit = Batch }, cancellationToken: ct))).AsList();
    }
}
