using Journeys.Protos.Events.V1;
using Timer = Journeys.Protos.Events.V1.Timer;

namespace Journeys.Scheduling.Tests;

public sealed class TimerTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    // Each test has a time of its own, so that timers of another one are not due in it.
    static int used;
    readonly DateTimeOffset due = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero).AddYears(Interlocked.Increment(ref used));
    readonly Neighbour neighbour = scheduler.Neighbour;
    readonly JourneyNews journey = new(scheduler.Neighbour);

    SendDueTimers Sending => scheduler.Get<SendDueTimers>();

    [Fact]
    public async Task A_timer_is_sent_when_it_is_due_and_not_a_moment_before()
    {
        var timer = Assert.Single(await journey.TimersAsync(1, due));

        await Sending.SendAsync(due.AddTicks(-10), CancellationToken.None);
        Assert.Empty(Elapsed());

        await Sending.SendAsync(due, CancellationToken.None);
        await Sending.SendAsync(due, CancellationToken.None);
        Assert.Equal(timer, Assert.Single(Elapsed()));
    }

    [Fact]
    public async Task What_is_due_is_decided_by_the_database_clock_and_not_by_the_service()
    {
        var now = await scheduler.ScalarAsync<DateTime>("select now()");
        var late = journey.Timer(new DateTimeOffset(now).AddMilliseconds(-1));
        var early = journey.Timer(new DateTimeOffset(now).AddHours(1));
        await neighbour.PublishAsync(new TimersRequested { Timers = { late, early } });

        var rest = await Sending.RunOnceAsync(CancellationToken.None);

        Assert.Equal(late.EnrollmentId, Assert.Single(Elapsed()).EnrollmentId);
        Assert.InRange(rest, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task It_sleeps_no_longer_than_until_the_next_timer_falls_due()
    {
        TimeSpan sleep;
        int sent;
        // On a busy machine a timer may have fallen due before the look at it: then it is sent, and another one is tried.
        do
        {
            sent = Elapsed().Count;
            var now = await scheduler.ScalarAsync<DateTime>("select now()");
            await journey.TimersAsync(1, new DateTimeOffset(now).AddMilliseconds(200));
            sleep = await Sending.RunOnceAsync(CancellationToken.None);
        }
        while (Elapsed().Count > sent);

        Assert.InRange(sleep, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200));
        await Testing.Eventually.True(
            async () =>
            {
                await Sending.RunOnceAsync(CancellationToken.None);
                return Elapsed().Count == sent + 1;
            },
            "the timer to be sent");
    }

    [Fact]
    public async Task A_timer_that_is_requested_twice_is_sent_once()
    {
        var timer = journey.Timer(due);
        await neighbour.PublishAsync(new TimersRequested { Timers = { timer, timer } });
        await neighbour.PublishAsync(new TimersRequested { Timers = { timer } });

        await Sending.SendAsync(due, CancellationToken.None);

        Assert.Single(Elapsed());
    }

    // Two requests are under way at once when a date moves, and either may overtake the other.
    [Theory]
    [InlineData(24)]
    [InlineData(-24)]
    public async Task A_timer_that_is_requested_for_two_times_is_sent_once_at_the_earlier_whichever_request_comes_last(int hours)
    {
        var timer = journey.Timer(due);
        var moved = journey.Timer(due.AddHours(hours));
        (moved.EnrollmentId, moved.VisitNo) = (timer.EnrollmentId, timer.VisitNo);
        var earlier = hours < 0 ? moved : timer;
        await neighbour.PublishAsync(new TimersRequested { Timers = { timer } });
        await neighbour.PublishAsync(new TimersRequested { Timers = { moved } });

        await Sending.SendAsync(earlier.DueTime.ToDateTimeOffset().AddTicks(-10), CancellationToken.None);
        Assert.Empty(Elapsed());
        await Sending.SendAsync(earlier.DueTime.ToDateTimeOffset(), CancellationToken.None);
        await Sending.SendAsync(due.AddHours(48), CancellationToken.None);

        Assert.Equal(earlier, Assert.Single(Elapsed()));
    }

    [Fact]
    public async Task Of_two_requests_for_a_timer_in_one_message_the_earlier_counts()
    {
        var timer = journey.Timer(due);
        var later = journey.Timer(due.AddHours(1));
        (later.EnrollmentId, later.VisitNo) = (timer.EnrollmentId, timer.VisitNo);
        await neighbour.PublishAsync(new TimersRequested { Timers = { timer, later } });

        await Sending.SendAsync(due.AddHours(2), CancellationToken.None);

        Assert.Equal(timer, Assert.Single(Elapsed()));
    }

    [Fact]
    public async Task A_cancelled_timer_is_not_sent()
    {
        var timers = await journey.TimersAsync(3, due);

        await neighbour.PublishAsync(new TimersCancelled { Timers = { timers.Take(2) } });
        await neighbour.PublishAsync(new TimersCancelled { Timers = { timers.Take(2) } });
        await Sending.SendAsync(due.AddHours(1), CancellationToken.None);

        Assert.Equal(timers[2], Assert.Single(Elapsed()));
    }

    [Fact]
    public async Task Of_a_request_and_a_cancellation_the_one_that_was_made_later_counts_whichever_arrives_first()
    {
        var (ended, moved) = (journey.Timer(due), journey.Timer(due));
        await CancelAsync(ended, second: 2);
        await RequestAsync(ended, second: 1);
        await RequestAsync(moved, second: 2);
        await CancelAsync(moved, second: 1);

        await Sending.SendAsync(due, CancellationToken.None);

        Assert.Equal(moved.EnrollmentId, Assert.Single(Elapsed()).EnrollmentId);
    }

    [Fact]
    public async Task A_wait_that_goes_on_after_it_was_cancelled_gets_its_timer_though_the_first_request_arrives_last()
    {
        var timer = journey.Timer(due);
        await CancelAsync(timer, second: 2);
        await RequestAsync(timer, second: 3);
        await CancelAsync(timer, second: 2);
        await RequestAsync(timer, second: 1);

        await Sending.SendAsync(due, CancellationToken.None);

        Assert.Single(Elapsed());
    }

    [Fact]
    public async Task A_cancellation_that_overtakes_its_request_is_remembered_for_a_day()
    {
        var timer = journey.Timer(due);
        await CancelAsync(timer, second: 2);
        await CancelAsync(timer, second: 2);
        await RequestAsync(timer, second: 1);
        Assert.Equal(1, await CountAsync(timer));

        await Sending.SendAsync(DateTimeOffset.UtcNow.AddHours(25), CancellationToken.None);

        Assert.Equal(0, await CountAsync(timer));
        Assert.Empty(Elapsed());
    }

    [Fact]
    public async Task A_timer_that_is_only_remembered_as_cancelled_is_not_told_as_one_that_waits()
    {
        await CancelAsync(journey.Timer(due), second: 1);

        Assert.Equal(0, (await scheduler.Get<TimerQueries>().MeasureAsync(journey.SiteId, CancellationToken.None)).Pending);
    }

    // Erasing drops the timers of thousands of visits, few of which have one.
    [Fact]
    public async Task A_cancellation_without_a_time_drops_all_there_is_and_is_not_remembered()
    {
        var (here, gone) = (journey.Timer(due), journey.Timer(due));
        await RequestAsync(here, second: 5);
        await CancelAsync(gone, second: 5);
        await neighbour.PublishAsync(new TimersCancelled { Timers = { here, gone } });

        Assert.Equal(0, await CountAsync(here) + await CountAsync(gone));
    }

    [Fact]
    public async Task Of_an_archived_journey_no_cancellation_is_remembered()
    {
        var timer = journey.Timer(due);
        await journey.ArchiveAsync();

        await CancelAsync(timer, second: 1);

        Assert.Equal(0, await CountAsync(timer));
    }

    // An earlier release does not say when; while both run, the one that arrives last counts.
    [Fact]
    public async Task A_request_without_a_time_counts_after_a_cancellation()
    {
        var timer = journey.Timer(due);
        await CancelAsync(timer, second: 1);
        await neighbour.PublishAsync(new TimersRequested { Timers = { timer } });

        await Sending.SendAsync(due, CancellationToken.None);

        Assert.Single(Elapsed());
    }

    [Fact]
    public async Task Requests_in_any_order_are_sent_in_the_order_of_their_times()
    {
        var times = Enumerable.Range(0, 50).Select(n => due.AddSeconds(n * 37 % 50)).ToList();
        foreach (var some in times.Chunk(7))
            await neighbour.PublishAsync(new TimersRequested { Timers = { some.Select(journey.Timer) } });

        await Sending.SendAsync(due.AddHours(1), CancellationToken.None);

        Assert.Equal(times.Order(), Elapsed().Select(timer => timer.DueTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task Replicas_send_each_timer_once_between_them()
    {
        const int count = 3_000;
        await journey.TimersAsync(count, due);
        var sending = Enumerable.Range(0, 3)
            .Select(_ => scheduler.OfReplica<SendDueTimers>(new() { TimersPerBatch = 100 }))
            .ToList();

        await Task.WhenAll(sending.Select(async replica =>
        {
            while (await scheduler.ScalarAsync<long>("select count(*) from scheduler.timer where site_id = $1", journey.SiteId) > 0)
                await replica.SendAsync(due.AddHours(2), CancellationToken.None);
        }));

        Assert.Equal(count, Elapsed().Count);
        Assert.Equal(count, Elapsed().Select(timer => timer.EnrollmentId).Distinct().Count());
    }

    [Fact]
    public async Task A_timer_that_nobody_took_over_stays()
    {
        await journey.TimersAsync(1, due);
        // The Scheduler stops while the timers are being taken over.
        using var stop = new CancellationTokenSource();
        neighbour.OnElapsed = stop.CancelAsync;

        await Assert.ThrowsAnyAsync<Exception>(() => Sending.SendAsync(due, stop.Token));
        neighbour.OnElapsed = () => Task.CompletedTask;
        neighbour.Elapsed.Clear();
        await Sending.SendAsync(due, CancellationToken.None);

        Assert.Single(Elapsed());
    }

    [Fact]
    public async Task A_crash_between_sending_and_letting_go_sends_again()
    {
        var timers = await journey.TimersAsync(5, due);
        // The connection dies when the timers have arrived and the deletion is not committed.
        neighbour.OnElapsed = () => scheduler.ScalarAsync<long>(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'");

        await Assert.ThrowsAnyAsync<Exception>(() => Sending.SendAsync(due.AddHours(1), CancellationToken.None));
        neighbour.OnElapsed = () => Task.CompletedTask;
        Assert.Equal(5, Elapsed().Count);
        await Sending.SendAsync(due.AddHours(1), CancellationToken.None);
        await Sending.SendAsync(due.AddHours(1), CancellationToken.None);

        Assert.Equal(timers.Concat(timers).Select(timer => timer.EnrollmentId).Order(), Elapsed().Select(timer => timer.EnrollmentId).Order());
    }

    Task RequestAsync(Timer timer, int second) => neighbour.PublishAsync(new TimersRequested { Timers = { At(timer, second) } });

    Task CancelAsync(Timer timer, int second) => neighbour.PublishAsync(new TimersCancelled { Timers = { At(timer, second) } });

    static Timer At(Timer timer, int second) => new(timer) { ChangeTime = new() { Seconds = 1_000 + second } };

    Task<long> CountAsync(Timer timer) =>
        scheduler.ScalarAsync<long>("select count(*) from scheduler.timer where enrollment_id = $1", Guid.Parse(timer.EnrollmentId));

    IReadOnlyList<Timer> Elapsed() => neighbour.ElapsedOf(journey.SiteId);
}
