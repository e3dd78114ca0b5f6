using Dapper;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>No wait ends early, whoever sends a timer, and one clock says what time it is: the database's, read when the row is locked.</summary>
public sealed class NeverEarlyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_timer_before_its_time_moves_nobody_and_is_asked_for_again()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        await LoseTimersAsync();

        var moved = await ElapseAsync(entered.Id);

        var timer = Assert.Single((await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == entered.Id);
        Assert.Equal(0, moved);
        Assert.Equal(entered, Assert.Single(await site.EnrollmentsAsync(journey)));
        Assert.Equal((2, TimeSpan.Zero), (timer.VisitNo, timer.DueTime.ToDateTimeOffset() - entered.WakeTime.ToDateTimeOffset()));
    }

    // The Scheduler tells by these times which of the two counts, in whatever order they arrive.
    [Fact]
    public async Task A_request_and_a_cancellation_of_a_timer_say_when_the_enrollment_changed()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var stopped = (await site.Sdk.StopAsync(new() { JourneyId = journey.ToString(), UserId = "u1" })).Enrollment;

        var requested = Assert.Single((await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == entered.Id);
        var cancelled = Assert.Single((await site.SentAsync<Events.TimersCancelled>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == entered.Id);
        Assert.Equal((entered.UpdateTime, stopped.UpdateTime), (requested.ChangeTime, cancelled.ChangeTime));
        Assert.True(requested.ChangeTime < cancelled.ChangeTime);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    public async Task A_timer_moves_at_its_time_exactly(int microseconds, bool moves)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        service.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMicroseconds(microseconds));

        Assert.Equal(moves ? 1 : 0, await ElapseAsync(entered.Id));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_by_a_little_is_asked_that_much_later_and_does_not_send_again_and_again()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "3600s"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        service.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(30));
        await LoseTimersAsync();

        await ElapseAsync(entered.Id);

        var timer = Assert.Single((await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == entered.Id);
        Assert.Equal(TimeSpan.FromMilliseconds(30), timer.DueTime.ToDateTimeOffset() - entered.WakeTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_wait_begins_when_the_row_is_locked_and_not_when_the_call_came()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "2s"), Designs.End));
        await site.EnterAsync(journey, "u1");

        var answer = await WhileLockedAsync(journey, () => site.ReportAsync(journey, "u1", "one"), TimeSpan.FromSeconds(2));

        Assert.Equal(service.Clock.GetUtcNow() + TimeSpan.FromSeconds(2), answer.Enrollment.WakeTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task Whoever_is_stopped_while_somebody_else_moves_them_is_stopped_afterwards()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");

        var stopped = await WhileLockedAsync(journey, () => site.StopAsync(journey, "u1"), TimeSpan.FromSeconds(2));

        Assert.Equal(service.Clock.GetUtcNow(), stopped.CompleteTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task The_time_is_the_databases_and_is_read_after_the_lock()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var entered = (await site.EnterAsync(journey, "u1")).Enrollment;
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var other = await service.Database.OpenConnectionAsync();
        var before = await other.ExecuteScalarAsync<DateTime>("select clock_timestamp()");

        var locked = await EnrollmentStore.LockActiveAsync(transaction, [site.Id], [Guid.Parse(entered.Id)], CancellationToken.None);

        Assert.InRange(locked.At.UtcDateTime, before, await other.ExecuteScalarAsync<DateTime>("select clock_timestamp()"));
        Assert.Equal(locked.At, new Clock(TimeProvider.System).At(locked.At));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_make_history_run_backwards()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                update enrollment.visit set entered_at = entered_at + interval '1 hour' where site_id = @Id;
                update enrollment.enrollment set waiting_since = waiting_since + interval '1 hour' where site_id = @Id
                """,
                new { site.Id });
        }

        var answer = await site.ReportAsync(journey, "u1", "one");

        Assert.Equal("two", answer.Enrollment.CurrentNodeId);
    }

    Task<int> ElapseAsync(string enrollmentId) => service.Get<AdvanceEnrollments>().HandleAsync(
        [new SignalDelivery(site.Id, Guid.Parse(enrollmentId), new Signal.TimerElapsed(2))], CancellationToken.None);

    // A call that waits for somebody else's lock while time passes.
    async Task<T> WhileLockedAsync<T>(Guid journeyId, Func<Task<T>> call, TimeSpan passing)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select from enrollment.enrollment where journey_id = @journeyId for update", new { journeyId }, transaction);
        var answer = call();
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the call to wait for the lock");

        service.Clock.Advance(passing);
        await transaction.CommitAsync();
        return await answer;
    }

    async Task LoseTimersAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        service.MessagesLeave = true;
        await connection.ExecuteAsync("delete from enrollment.outbox where message_type like '%TimersRequested'");
    }
}
