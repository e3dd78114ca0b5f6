using System.Text.Json;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Protos.Enrollment.V1;
using Microsoft.Extensions.Time.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>A replica whose own clock is five minutes ahead of the database's.</summary>
public sealed class AheadFixture() : WrongClockFixture(TimeSpan.FromMinutes(5));

/// <summary>A replica whose own clock is five minutes behind the database's.</summary>
public sealed class BehindFixture() : WrongClockFixture(TimeSpan.FromMinutes(-5));

/// <summary>A replica whose own clock is wrong.</summary>
public abstract class WrongClockFixture : EnrollmentFixture
{
    protected WrongClockFixture(TimeSpan ahead) => Clock = new MachineClock(DateTimeOffset.UtcNow + ahead);

    sealed class MachineClock(DateTimeOffset now) : FakeTimeProvider(now), IMachineClock;
}

public sealed class ClockAheadTests(AheadFixture service) : WrongClockTests(service), IClassFixture<AheadFixture>;

public sealed class ClockBehindTests(BehindFixture service) : WrongClockTests(service), IClassFixture<BehindFixture>;

/// <summary>When something happened, and what is within a time, is decided by the database's clock, whatever the replica's own says.</summary>
public abstract class WrongClockTests(WrongClockFixture service)
{
    const string Within = """{"event": {"name": "seen", "within": "120s"}}""";
    const string Filtered = """
        {"event": {"name": "seen", "where": {"condition": {"field": "properties.at", "operator": "WITHIN_LAST", "value": "120s"} } } }
        """;

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task An_event_keeps_its_time_and_without_one_or_with_one_to_come_it_happened_now()
    {
        var before = await NowAsync();
        var earlier = before - TimeSpan.FromMinutes(1);

        await site.Sdk.RecordEventsAsync(new()
        {
            UserId = "u1",
            Events =
            {
                new Event { Id = "earlier", Name = "seen", Time = earlier.ToTimestamp() },
                new Event { Id = "none", Name = "seen" },
                new Event { Id = "to come", Name = "seen", Time = (before + TimeSpan.FromMinutes(4)).ToTimestamp() },
            },
        });

        var after = await NowAsync();
        await using var connection = await service.Database.OpenConnectionAsync();
        var times = (await connection.QueryAsync<(string Id, DateTime At)>("select event_id, occurred_at from enrollment.event where site_id = @Id", new { site.Id }))
            .ToDictionary(e => e.Id, e => e.At);
        Assert.Equal(earlier.UtcDateTime, times["earlier"]);
        Assert.InRange(times["none"], before.UtcDateTime, after.UtcDateTime);
        Assert.Equal(times["none"], times["to come"]);
    }

    [Fact]
    public async Task Whether_an_event_is_old_enough_to_be_refused_does_not_depend_on_the_replica()
    {
        var now = await NowAsync();
        Task RecordAsync(DateTimeOffset at) => site.Sdk.RecordEventsAsync(
            new() { UserId = "u1", Events = { new Event { Name = "seen" }, new Event { Name = "seen", Time = at.ToTimestamp() } } }).ResponseAsync;

        await RecordAsync(now - TimeSpan.FromDays(30) + TimeSpan.FromMinutes(2));
        var refusal = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => RecordAsync(now - TimeSpan.FromDays(30) - TimeSpan.FromMinutes(2)));

        Assert.Contains("events[1].time", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Within, 1, true)]
    [InlineData(Within, 3, false)]
    [InlineData(Filtered, 1, true)]
    [InlineData(Filtered, 3, false)]
    public async Task Audiences_sweeps_and_why_agree_on_what_is_within_a_time(string rule, int minutes, bool belongs)
    {
        var audience = await site.AudienceAsync(rule);
        var at = await NowAsync() - TimeSpan.FromMinutes(minutes);
        var seen = new Event { Name = "seen", Time = at.ToTimestamp(), Properties = new() { Fields = { ["at"] = Value.ForString($"{at:O}") } } };
        await site.Sdk.RecordEventsAsync(new() { UserId = "u1", NoEntry = true, Events = { seen } });
        var journey = await site.PublishAsync(Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        var rules = (await service.Get<JourneyCatalog>().NowAsync(site.Id, CancellationToken.None)).Audiences;

        var (matching, _, _) = await service.Get<AudienceQueries>().PreviewAsync(site.Id, rules[audience].Rule, _ => null, sample: 1, CancellationToken.None);
        var why = await site.Enrollments.ExplainUserAsync(new() { JourneyId = $"{journey}", UserId = "u1" });
        var swept = await site.RunJobAsync(Protos.Scheduler.V1.Job.Types.Kind.AudienceSweep, journey);

        Assert.Equal(
            (belongs, belongs, belongs),
            (matching == 1, why.Checks.Single(check => check.Reason == "AUDIENCE").Passed, swept == 1));
    }

    [Fact]
    public async Task What_happens_while_a_step_waits_for_a_lock_is_within_the_time_before_the_step()
    {
        await site.IdentifyAsync("u1");
        var recent = new ConditionRule("properties.at", Operator.WithinLast, JsonSerializer.SerializeToElement("120s"));

        var times = await service.Database.InTransactionAsync(
            async transaction =>
            {
                await transaction.ScalarAsync<int>("select 1", null, CancellationToken.None);
                var at = await NowAsync();
                var seen = new Event { Name = "seen", Time = at.ToTimestamp(), Properties = new() { Fields = { ["at"] = Value.ForString($"{at:O}") } } };
                await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { seen } });
                var profile = await ProfileStore.LockAsync(transaction, new(site.Id, "u1", ""), at, CancellationToken.None);
                var people = await service.Get<PersonFacts>().LoadAsync(
                    transaction, site.Id, [profile], RuleNeeds.Of(new EventRule("seen", recent, null, 1)), effort: null, CancellationToken.None);
                return people[profile.ProfileId].Counted!.Values.Sum(found => found.Length);
            },
            CancellationToken.None);

        Assert.Equal(1, times);
    }

    async Task<DateTimeOffset> NowAsync()
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return new DateTimeOffset(await connection.ExecuteScalarAsync<DateTime>("select clock_timestamp()"), TimeSpan.Zero);
    }
}
