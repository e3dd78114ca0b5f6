using Dapper;
using Google.Protobuf;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using Npgsql;
using Job = Journeys.Protos.Scheduler.V1.Job;
using Moved = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Waits longer for locks than a test does, so that what is kept waiting for a journey is seen to be.</summary>
public sealed class PatientFixture : EnrollmentFixture
{
    protected override IReadOnlyList<string> OwnSettings => ["--Postgres:LockTimeoutSeconds=600", "--Postgres:StatementTimeoutSeconds=600"];
}

/// <summary>A journey that people enter all the time, or for long, can be paused, and keeps nothing else of its site waiting.</summary>
public sealed class BusyJourneyTests(PatientFixture service) : IClassFixture<PatientFixture>
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static readonly string Design = Designs.Row(
        "", """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End);

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pause_that_waits_for_those_who_enter_keeps_no_other_change_of_the_site_waiting(bool byThisRelease)
    {
        var (busy, other, third) = (await site.PublishAsync(Design), await site.PublishAsync(Design), await site.PublishAsync(Design));
        var pause = site.Move(busy, Moved.Paused).Clone();
        var halt = site.Halted(true);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var chunk = await connection.BeginTransactionAsync();
        await (byThisRelease ? HoldOpenAsync(chunk, busy)
            : connection.ExecuteAsync("select from enrollment.journey where journey_id = @busy for share", new { busy }, chunk));

        var pausing = UntilAppliedAsync(() => site.Apply.PausedAsync(new() { State = pause }, CancellationToken.None));
        if (byThisRelease)
            await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the pause to wait");
        await UntilAppliedAsync(() => site.PauseAsync(other)).WaitAsync(Patience);
        await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""").WaitAsync(Patience);
        var halting = UntilAppliedAsync(() => site.Apply.JourneysHaltChangedAsync(halt, CancellationToken.None));
        await Eventually.Equal("PAUSED", () => StatusAsync(third), "the status of a journey that nobody holds");

        Assert.Equal(("PUBLISHED", "PAUSED"), (await StatusAsync(busy), await StatusAsync(other)));
        await chunk.RollbackAsync();
        await pausing.WaitAsync(Patience);
        await halting.WaitAsync(Patience);
        Assert.Equal("PAUSED", await StatusAsync(busy));
    }

    [Fact]
    public async Task A_pause_finds_its_turn_among_those_who_enter_all_the_time()
    {
        var journey = await site.PublishAsync(Design);
        using var stop = new CancellationTokenSource();
        var inside = 0;
        var entries = Enumerable.Range(0, 10).Select(EnterAsync).ToList();
        await Eventually.True(() => Task.FromResult(Volatile.Read(ref inside) > 5), "people who enter at the same time");

        var pause = site.Move(journey, Moved.Paused).Clone();
        await UntilAppliedAsync(() => site.Apply.PausedAsync(new() { State = pause }, CancellationToken.None)).WaitAsync(Patience);

        Assert.Equal("PAUSED", await StatusAsync(journey));
        await stop.CancelAsync();
        await Task.WhenAll(entries);

        async Task EnterAsync(int n)
        {
            await using var connection = await service.Database.OpenConnectionAsync();
            while (!stop.IsCancellationRequested)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await HoldOpenAsync(transaction, journey);
                Interlocked.Increment(ref inside);
                await Task.Delay(TimeSpan.FromMilliseconds(50 + (5 * n)));
                Interlocked.Decrement(ref inside);
                await transaction.RollbackAsync();
            }
        }
    }

    [Fact]
    public async Task A_change_that_is_told_again_waits_for_nobody_who_enters()
    {
        var journey = Guid.CreateVersion7();
        var published = site.Published(journey, Design);
        var paused = new JourneyPaused { State = site.Move(journey, Moved.Paused).Clone() };
        var resumed = new JourneyResumed { State = site.Move(journey, Moved.Published).Clone() };
        var changes = (IReadOnlyList<IMessage>)[published, paused, resumed];
        foreach (var change in changes)
            await site.Apply.HandleAsync(change, CancellationToken.None);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var entry = await connection.BeginTransactionAsync();
        await HoldOpenAsync(entry, journey);

        foreach (var change in changes)
            await site.Apply.HandleAsync(change, CancellationToken.None);
        var failure = await Assert.ThrowsAsync<PostgresException>(() => site.PauseAsync(journey));

        Assert.Equal((PostgresErrorCodes.LockNotAvailable, "PUBLISHED"), (failure.SqlState, await StatusAsync(journey)));
    }

    [Fact]
    public async Task A_pause_waits_for_no_sweep_that_looks_for_people()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        // Reads go on, and whoever wants rows for themselves waits.
        await connection.ExecuteAsync("lock table enrollment.profile in exclusive mode", transaction: holder);

        var sweep = site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey);
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the sweep to look for people");
        await site.PauseAsync(journey);
        await holder.RollbackAsync();

        Assert.Equal(0, await sweep);
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task Only_who_may_enter_waits_for_a_journey_that_moves()
    {
        var journey = await site.PublishAsync(Design);
        await site.DoAsync("inside", "begin");
        await site.DoAsync("through", "begin");
        await site.ReportAsync(journey, "through", "one");
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var move = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.journey where journey_id = @journey for update", new { journey }, move);

        await site.DoAsync("inside", "begin").WaitAsync(Patience);
        await site.DoAsync("through", "begin").WaitAsync(Patience);
        var entering = site.DoAsync("new", "begin");
        await Eventually.Equal(1, service.Database.CountWaitersAsync, "calls that wait");
        await move.RollbackAsync();
        await entering;

        Assert.Equal(["inside", "new", "through"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId).Order());
    }

    async Task HoldOpenAsync(NpgsqlTransaction transaction, Guid journeyId) =>
        await Availability.HoldOpenAsync(
            transaction, (await service.Get<JourneyCatalog>().OfAsync(site.Id, CancellationToken.None)).Journeys[journeyId], CancellationToken.None);

    // As Definition does.
    static async Task UntilAppliedAsync(Func<Task> change)
    {
        while (true)
        {
            try
            {
                await change();
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
            }
        }
    }

    async Task<string> StatusAsync(Guid journeyId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return (await connection.ExecuteScalarAsync<string>("select status from enrollment.journey where journey_id = @journeyId", new { journeyId }))!;
    }
}
