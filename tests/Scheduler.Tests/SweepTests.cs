using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Rule.V1;
using Journeys.Protos.Scheduler.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Operator = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;
using Status = Journeys.Protos.Scheduler.V1.Job.Types.Status;

namespace Journeys.Scheduling.Tests;

public sealed class SweepTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    static readonly Rule Plain = Is(Operator.Eq, "pro");

    readonly JourneyNews journey = new(scheduler.Neighbour);
    readonly Guid audienceId = Guid.CreateVersion7();

    [Fact]
    public async Task Publishing_with_auto_enrollment_sweeps()
    {
        await journey.PublishAsync(audienceId);

        Assert.Equal([Kind.AudienceSweep], await RunningAsync());
    }

    [Fact]
    public async Task Publishing_without_auto_enrollment_or_without_an_audience_does_not()
    {
        await journey.PublishAsync(audienceId, autoEnroll: false);
        await journey.PublishAsync(audienceId: null);
        await journey.AudienceAsync(audienceId, 1, Plain);

        Assert.Empty(await RunningAsync());
    }

    [Fact]
    public async Task Publishing_again_sweeps_again_in_place_of_a_sweep_that_still_runs()
    {
        await journey.PublishAsync(audienceId);
        await journey.PublishAsync(audienceId);

        Assert.Equal([Status.Running, Status.Cancelled], (await JobsAsync()).Select(job => job.Status).Order());
    }

    [Fact]
    public async Task Resuming_releases_and_sweeps_for_those_who_came_to_match_meanwhile()
    {
        await journey.PublishAsync(audienceId);
        await EndAllAsync();
        await journey.PauseAsync();
        await journey.ResumeAsync();

        Assert.Equal([Kind.AudienceSweep, Kind.Release], (await RunningAsync()).Order());
    }

    [Fact]
    public async Task Archiving_archives_also_when_the_journey_was_published_again_meanwhile_or_the_news_come_late()
    {
        await journey.PublishAsync();
        var archived = journey.Archived();
        await journey.RestoreAsync();
        await journey.PublishAsync();

        await scheduler.Neighbour.PublishAsync(archived);

        Assert.Equal([Kind.Archive], await RunningAsync());
    }

    [Fact]
    public async Task A_chunk_says_what_must_have_been_heard_of()
    {
        var (inner, foreign) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await journey.AudienceAsync(inner, 3, Plain);
        await journey.AudienceAsync(audienceId, 2, In(inner));
        await journey.AudienceAsync(foreign, 1, Plain);
        await journey.PublishAsync(audienceId);
        await journey.PublishAsync(audienceId);

        await scheduler.OfReplica<SendChunks>(new() { JobsAtOnce = 1_000 }).RunOnceAsync(CancellationToken.None);

        var chunk = Assert.Single(await ChunksAsync());
        Assert.Equal((2, 2), (chunk.ChangeNo, chunk.Version));
        Assert.Equal(
            new HashSet<(string, int)> { (inner.ToString(), 3), (audienceId.ToString(), 2) },
            chunk.Audiences.Select(audience => (audience.AudienceId, audience.Revision)).ToHashSet());
    }

    [Fact]
    public async Task A_changed_audience_sweeps_the_live_journeys_that_use_it_also_by_way_of_others()
    {
        var (inner, middle) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await journey.AudienceAsync(inner, 1, Plain);
        await journey.AudienceAsync(middle, 1, new() { Not = new() { Rule = In(inner) } });
        await journey.AudienceAsync(audienceId, 1, new() { Group = new() { Rules = { In(middle), Plain } } });
        await journey.PublishAsync(audienceId);
        var other = new JourneyNews(scheduler.Neighbour) { SiteId = journey.SiteId };
        await other.PublishAsync(Guid.CreateVersion7());
        await EndAllAsync();

        await journey.AudienceAsync(audienceId, 2, In(middle));
        Assert.Equal([Kind.AudienceSweep], await RunningAsync());
        await EndAllAsync();
        await journey.AudienceAsync(inner, 2, Plain);
        Assert.Equal([Kind.AudienceSweep], await RunningAsync());
    }

    [Fact]
    public async Task A_changed_audience_sweeps_no_journey_that_is_not_live()
    {
        var (draft, paused, archived) = (News(), News(), News());
        foreach (var one in (JourneyNews[])[draft, paused, archived])
            await one.PublishAsync(audienceId);
        await paused.PauseAsync();
        await archived.ArchiveAsync();
        await draft.ArchiveAsync();
        await draft.RestoreAsync();
        await EndAllAsync();

        await journey.AudienceAsync(audienceId, 1, Plain);

        Assert.Empty(await RunningAsync());
    }

    [Fact]
    public async Task Old_and_repeated_news_start_nothing_and_stop_nothing()
    {
        var published = journey.Published(audienceId);
        await scheduler.Neighbour.PublishAsync(published);
        await journey.AudienceAsync(audienceId, 2, Plain);
        await journey.AudienceAsync(audienceId, 3, Plain);
        var before = await JobsAsync();

        await journey.AudienceAsync(audienceId, 3, Plain);
        await journey.AudienceAsync(audienceId, 2, Plain);
        await journey.AudienceAsync(audienceId, 1, Plain);
        await scheduler.Neighbour.PublishAsync(published);

        Assert.Equal(before, await JobsAsync());
        Assert.Equal([Status.Running, Status.Cancelled, Status.Cancelled], before.Select(job => job.Status).Order());
    }

    [Fact]
    public async Task News_in_any_order_lead_to_the_same_sweep()
    {
        var published = journey.Published(audienceId);
        journey.ChangeNo++;
        var resumed = journey.Resumed();

        await scheduler.Neighbour.PublishAsync(resumed);
        Assert.DoesNotContain(Kind.AudienceSweep, await RunningAsync());
        await scheduler.Neighbour.PublishAsync(published);

        Assert.Contains(Kind.AudienceSweep, await RunningAsync());
    }

    [Fact]
    public async Task Audiences_that_depend_on_the_passing_of_time_are_swept_again_and_again_and_no_others()
    {
        var inner = Guid.CreateVersion7();
        var (byTime, plain, paused) = (News(), News(), News());
        await journey.AudienceAsync(inner, 1, Is(Operator.WithinLast, "604800s"));
        await journey.AudienceAsync(audienceId, 1, new() { Not = new() { Rule = In(inner) } });
        var plainAudience = Guid.CreateVersion7();
        await journey.AudienceAsync(plainAudience, 1, Plain);
        await byTime.PublishAsync(audienceId);
        await plain.PublishAsync(plainAudience);
        await paused.PublishAsync(audienceId);
        await paused.PauseAsync();
        await EndAllAsync();
        var sweeps = scheduler.Get<StartSweeps>();

        await sweeps.RunOnceAsync(CancellationToken.None);
        Assert.Empty(await RunningAsync());

        for (var n = 0; n < 2; n++)
        {
            scheduler.Clock.Advance(TimeSpan.FromMinutes(15));
            await Task.WhenAll(sweeps.RunOnceAsync(CancellationToken.None), scheduler.OfReplica<StartSweeps>(new()).RunOnceAsync(CancellationToken.None));
            var job = Assert.Single(await JobsAsync(), job => job.Status == Status.Running);
            Assert.Equal((byTime.JourneyId.ToString(), Kind.AudienceSweep), (job.JourneyId, job.Kind));
            await sweeps.RunOnceAsync(CancellationToken.None);
            Assert.Single(await RunningAsync());
            await EndAllAsync();
        }
    }

    [Fact]
    public async Task A_last_sweep_in_the_future_counts_as_none()
    {
        await journey.AudienceAsync(audienceId, 1, Is(Operator.WithinLast, "604800s"));
        await journey.PublishAsync(audienceId);
        await EndAllAsync();
        await scheduler.ExecuteAsync(
            $"update scheduler.journey set swept_at = '{scheduler.Clock.GetUtcNow().AddDays(365):O}' where journey_id = '{journey.JourneyId}'");

        await scheduler.Get<StartSweeps>().RunOnceAsync(CancellationToken.None);

        Assert.Equal([Kind.AudienceSweep], await RunningAsync());
    }

    public static TheoryData<Rule, bool> Rules => new()
    {
        { Is(Operator.WithinLast, "60s"), true },
        { Is(Operator.NotWithinLast, "60s"), true },
        { Is(Operator.Before, "2030-01-01T00:00:00Z"), false },
        { Is(Operator.After, "2030-01-01T00:00:00Z"), false },
        { Plain, false },
        { new() { Event = new() { Name = "e" } }, false },
        { new() { Event = new() { Name = "e", Within = new() { Seconds = 60 } } }, true },
        { new() { Event = new() { Name = "e", Where = Is(Operator.WithinLast, "60s") } }, true },
        { new() { Content = new() { ContentId = "c" } }, false },
        { new() { Not = new() { Rule = Is(Operator.WithinLast, "60s") } }, true },
        { new() { Group = new() { Rules = { Plain, new Rule { Group = new() { Rules = { Is(Operator.WithinLast, "60s") } } } } } }, true },
        { In(Guid.Empty), false },
    };

    [Theory]
    [MemberData(nameof(Rules), DisableDiscoveryEnumeration = true)]
    public void Only_what_counts_from_now_depends_on_the_passing_of_time(Rule rule, bool depends) => Assert.Equal(depends, TimeDependence.Of(rule));

    static Rule Is(Operator op, string value) => new() { Condition = new() { Field = "traits.a", Operator = op, Value = Value.ForString(value) } };

    static Rule In(Guid audienceId) => new() { Audience = new() { AudienceId = audienceId.ToString() } };

    JourneyNews News() => new(scheduler.Neighbour) { SiteId = journey.SiteId };

    async Task<IReadOnlyList<Job>> JobsAsync()
    {
        // So that jobs of later calls are newer.
        scheduler.Clock.Advance(TimeSpan.FromMilliseconds(1));
        return (await scheduler.As(journey.SiteId).ListAsync(new() { PageSize = 200 })).Jobs;
    }

    async Task<IReadOnlyList<Kind>> RunningAsync() => [.. (await JobsAsync()).Where(job => job.Status == Status.Running).Select(job => job.Kind)];

    async Task EndAllAsync()
    {
        foreach (var job in await JobsAsync())
            await scheduler.As(journey.SiteId).CancelAsync(job.Id);
    }

    async Task<IReadOnlyList<ChunkRequested>> ChunksAsync() =>
        [.. (await scheduler.TakeChunksAsync()).Where(chunk => chunk.SiteId == journey.SiteId.ToString())];
}
