using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.Scheduling.Tests;

/// <summary>What the Scheduler does costs what falls due, not what waits.</summary>
public sealed class ScaleTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    const int Waiting = 200_000;
    const int SetAside = 50_000;

    // Statements are prepared after some uses, and planned for any parameters after some more.
    const int Rounds = 15;

    [Fact]
    public async Task No_work_reads_through_the_timers_that_wait_or_are_set_aside()
    {
        var (journey, paused, archived) = (new JourneyNews(scheduler.Neighbour), new JourneyNews(scheduler.Neighbour), new JourneyNews(scheduler.Neighbour));
        foreach (var one in (JourneyNews[])[journey, paused, archived])
            await one.PublishAsync();
        await paused.PauseAsync();
        await archived.ArchiveAsync();
        await FillAsync(journey, paused);
        var (readBefore, deletedBefore) = await CountsAsync();

        // A session's counts are complete once it has ended, so this one is the test's own.
        await using (var database = NpgsqlDataSource.Create($"{scheduler.ConnectionString};Maximum Pool Size=1;Max Auto Prepare=100"))
        {
            var (store, timers) = (new TimerStore(database), new TimerQueries(database));
            var sending = scheduler.OfReplica<SendDueTimers>(new(), database, timers);
            var releasing = scheduler.OfReplica<ReleaseTimers>(new(), database);
            var unreadable = new UnreadableRows(timers, scheduler.Get<IMeterFactory>(), scheduler.Get<ILogger<UnreadableRows>>());
            for (var n = 0; n < Rounds; n++)
            {
                var now = DateTimeOffset.UtcNow;
                var cancelled = Rows(journey, 5, now.AddHours(1));
                await store.AddAsync([.. Rows(journey, 5, now.AddMinutes(-1)), .. Rows(paused, 5, now.AddMinutes(-1)), .. cancelled], CancellationToken.None);
                await store.AddAsync(Rows(archived, 5, now.AddHours(1)), CancellationToken.None);
                await store.RemoveAsync(cancelled, CancellationToken.None);
                Assert.Equal(10, await sending.SendAsync(now: null, CancellationToken.None));
                Assert.Equal((0, 0), await releasing.ReleaseAsync(now: null, CancellationToken.None));
                await unreadable.RunOnceAsync(CancellationToken.None);
                Assert.InRange((await timers.NextDueInAsync(CancellationToken.None))!.Value, TimeSpan.FromMinutes(30), TimeSpan.FromHours(1));
                Assert.InRange((await timers.MeasureAsync(journey.SiteId, CancellationToken.None)).Pending, 10_000, 2 * Waiting);
                Assert.Equal(5, await database.InTransactionAsync(
                    transaction => TimerStore.DropOfArchivedAsync(transaction, archived.SiteId, archived.JourneyId, CancellationToken.None), CancellationToken.None));
            }
        }

        await Testing.Eventually.True(async () => (await CountsAsync()).Deleted - deletedBefore >= Rounds * 20, "the counts");
        // What measures the lag counts up to 10,000 of each.
        Assert.InRange((await CountsAsync()).Read - readBefore, 0, Rounds * 20_000);
    }

    static List<TimerRow> Rows(JourneyNews journey, int count, DateTimeOffset dueAt) =>
        [.. Enumerable.Range(0, count).Select(_ => new TimerRow
        {
            SiteId = journey.SiteId,
            JourneyId = journey.JourneyId,
            EnrollmentId = Guid.CreateVersion7(),
            VisitNo = 1,
            DueAt = dueAt,
        })];

    async Task FillAsync(JourneyNews journey, JourneyNews paused)
    {
        const string timers = """
            with added as (
                insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no)
                select n % 64, now() + interval '1 day' + n * interval '1 second', $1, $2, gen_random_uuid(), 1
                from generate_series(1, $3) as n
                returning 1)
            select count(*) from added
            """;
        const string parked = """
            with added as (
                insert into scheduler.parked_timer (site_id, journey_id, due_at, enrollment_id, visit_no)
                select $1, $2, now() - n * interval '1 second', gen_random_uuid(), 1
                from generate_series(1, $3) as n
                returning 1)
            select count(*) from added
            """;
        // The planner knows nothing of the tables, as right after a large load.
        await scheduler.ExecuteAsync("alter table scheduler.timer set (autovacuum_enabled = off); alter table scheduler.parked_timer set (autovacuum_enabled = off)");
        await scheduler.ScalarAsync<long>(timers, journey.SiteId, journey.JourneyId, Waiting);
        await scheduler.ScalarAsync<long>(parked, paused.SiteId, paused.JourneyId, SetAside);
    }

    // Rows that were read by scanning a table or an index, and rows that were deleted.
    async Task<(long Read, long Deleted)> CountsAsync() => (
        await scheduler.ScalarAsync<long>("""
            select sum(seq_tup_read + (select sum(idx_tup_read) from pg_stat_user_indexes as index where index.relid = "table".relid))::bigint
            from pg_stat_user_tables as "table"
            where schemaname = 'scheduler' and relname in ('timer', 'parked_timer')
            """),
        await scheduler.ScalarAsync<long>("select n_tup_del from pg_stat_user_tables where schemaname = 'scheduler' and relname = 'timer'"));
}
