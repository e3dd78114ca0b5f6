using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Lifecycle;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Repair;
using Journeys.Scheduling;
using Npgsql;

namespace Journeys.Simulations;

/// <summary>When the machinery has something to do next: what its loops would find by looking again and again.</summary>
sealed class DueWork(World world)
{
    static readonly Chore[] Works =
    [
        Chore.Find<OutboxRelay>(Service.Definition),
        Chore.Find<OutboxRelay>(Service.Enrollment),
        Chore.Find<OutboxRelay>(Service.Scheduler),
        Chore.Find<RetryFailedMessages>(Service.Enrollment),
        Chore.Find<RetryFailedMessages>(Service.Scheduler),
        Chore.Find<SendDueTimers>(Service.Scheduler),
        Chore.Find<ReleaseTimers>(Service.Scheduler),
        Chore.Find<SendChunks>(Service.Scheduler),
        Chore.Find<RetrySetAside>(Service.Enrollment),
        Chore.Find<TellEnrollment>(Service.Definition),
        Chore.Find<StartErasures>(Service.Enrollment),
        Chore.Find<FinishRedactions>(Service.Enrollment),
        Chore.Find<ResumeDueJourneys>(Service.Definition),
    ];

    // JobStore.TakeReadyAsync lets one site have half of the places.
    static readonly int ChunksOfOneSite = new SchedulerOptions().JobsAtOnce / 2;

    // A column for each, in the same order.
    static readonly string Sql = $"""
        select (select greatest(min(lease_until), sim.now()) from definition.outbox having count(*) > 0),
               (select greatest(min(lease_until), sim.now()) from enrollment.outbox having count(*) > 0),
               (select greatest(min(lease_until), sim.now()) from scheduler.outbox having count(*) > 0),
               (select min(next_try_at) from enrollment.failed_message),
               (select min(next_try_at) from scheduler.failed_message),
               (select min(due_at) from scheduler.timer),
               (select sim.now() + interval '1 second'
                from scheduler.parked_timer join scheduler.journey using (site_id, journey_id) where status = 'PUBLISHED' limit 1),
               (select case when count(sent_at) < {ChunksOfOneSite} and count(*) > count(sent_at) then sim.now()
                            else min(sent_at) + interval '61 seconds' end
                from scheduler.job where status = 'RUNNING'),
               (select min(next_try_at) from enrollment.set_aside),
               (select min(told_at) + interval '3 seconds'
                from (select coalesce(tried_at, moved_at) as told_at from definition.move where acknowledged_at is null
                      union all
                      select coalesce(tried_at, changed_at) from definition.audience_change where acknowledged_at is null
                      union all
                      select coalesce(tried_at, changed_at) from definition.site_halt where acknowledged_at is null) as change),
               (select sim.now() from enrollment.erasure where started_at is null limit 1),
               (select sim.now() from enrollment.redaction limit 1),
               (select min(resume_at) from definition.journey)
        """;

    /// <summary>When the first of it is due; null when there is none.</summary>
    public async Task<DateTimeOffset?> NextAsync() => (await ListAsync()).Min(one => one.At);

    /// <summary>Each chore with the time at which it has something to do; null for nothing.</summary>
    public async Task<IReadOnlyList<(Chore Chore, DateTimeOffset? At)>> ListAsync()
    {
        await using var command = new NpgsqlCommand(Sql, world.Driver);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return [.. Works.Select((chore, i) => (chore, reader.IsDBNull(i) ? (DateTimeOffset?)null : reader.GetFieldValue<DateTimeOffset>(i)))];
    }
}
