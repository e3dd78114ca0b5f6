using Dapper;
using Google.Protobuf;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Microsoft.Extensions.Logging;
using Npgsql;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Somebody whose events take the database too long keeps nobody else, and a database that is slow for everybody sets nobody aside.</summary>
public sealed class SlowPersonTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    // PostgreSQL needs milliseconds for a text of a and b: it makes more states than it keeps.
    const string Rule = """
        {"event": {"name": "seen", "where": {"condition": {"field": "properties.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c"} } } }
        """;
    const string Goal = $$"""
        "goal": {"rule": {{Rule}}, "deadline": "360000s", "exitOnGoal": true},
        """;

    readonly TestSite site = service.NewSite();
    readonly TestSite other = service.NewSite();

    [Fact]
    public async Task Timers_of_others_go_on_and_only_who_is_slow_is_set_aside()
    {
        var (slow, others) = (await WaitingAsync(site, Goal), await WaitingAsync(other, ""));
        await SendAsync("u0", 8_000);
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 3);
        var advance = AdvanceBy(source);

        await ElapseAsync(advance, [.. slow.People, .. others.People]);

        Assert.Equal([Status.Active, Status.Completed], (await site.EnrollmentsAsync(slow.Journey)).Select(one => one.Status));
        Assert.All(await other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        var aside = Assert.Single(await SetAsideAsync(site));
        Assert.Equal(slow.People[0].Id, aside.EnrollmentId);
        Assert.StartsWith("57014", aside.Cause, StringComparison.Ordinal);

        service.Clock.Advance(TimeSpan.FromSeconds(5));
        // By the same limit: how long the rule takes depends on the machine.
        var retry = new RetryEnrollment(
            source, service.Get<Enrollments.SetAside>(), advance, service.Get<AfterCommit>(), service.Get<HealEnrollment>(), service.Get<ILogger<RetryEnrollment>>());
        await new RetrySetAside(service.Get<SetAsideStore>(), retry, service.Get<ILogger<RetrySetAside>>()).RunOnceAsync(CancellationToken.None);
        Assert.Equal(2, Assert.Single(await SetAsideAsync(site)).Failures);
    }

    [Fact]
    public async Task The_watchdog_repairs_others_and_sets_aside_who_is_slow()
    {
        var (slow, others) = (await WaitingAsync(site, Goal), await WaitingAsync(other, ""));
        await SendAsync("u0", 8_000);
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        await using var source = Impatient(seconds: 3, background: 3);
        var watchdog = new Watchdog(
            source, service.Get<RepairQueries>(), AdvanceBy(source), service.Get<AfterCommit>(), service.Get<SchedulerWork>(),
            service.Get<BuildingBlocks.Outbox>(), service.Get<Enrollments.SetAside>(), service.Get<System.Diagnostics.Metrics.IMeterFactory>(),
            service.Clock, service.Get<Clock>(), service.Get<ILogger<Watchdog>>());

        await watchdog.RunOnceAsync(CancellationToken.None);

        Assert.Equal([Status.Active, Status.Completed], (await site.EnrollmentsAsync(slow.Journey)).Select(one => one.Status));
        Assert.All(await other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(slow.People[0].Id, Assert.Single(await SetAsideAsync(site)).EnrollmentId);
    }

    [Fact]
    public async Task A_database_that_is_slow_for_everybody_sets_nobody_aside()
    {
        var (some, others) = (await WaitingAsync(site, ""), await WaitingAsync(other, ""));
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 2);
        await using (var holder = await service.Database.OpenConnectionAsync())
        {
            await holder.ExecuteAsync("begin; lock table enrollment.enrollment in access exclusive mode");

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => ElapseAsync(AdvanceBy(source), [.. some.People, .. others.People]));

            await holder.ExecuteAsync("rollback");
        }

        Assert.Empty(await SetAsideAsync(site));
        Assert.Empty(await SetAsideAsync(other));
        Assert.Equal(4, await ElapseAsync(AdvanceBy(service.Database), [.. some.People, .. others.People]));
    }

    [Fact]
    public async Task Somebody_who_is_locked_is_not_set_aside_and_keeps_nobody_else()
    {
        var (some, others) = (await WaitingAsync(site, ""), await WaitingAsync(other, ""));
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 3);
        await using (var holder = await service.Database.OpenConnectionAsync())
        {
            await using var held = await holder.BeginTransactionAsync();
            await holder.ExecuteAsync(
                "select from enrollment.enrollment where enrollment_id = @id for update", new { id = Guid.Parse(some.People[0].Id) }, held);

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => ElapseAsync(AdvanceBy(source), [.. some.People, .. others.People]));
        }

        Assert.Equal([Status.Active, Status.Completed], (await site.EnrollmentsAsync(some.Journey)).Select(one => one.Status));
        Assert.All(await other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Empty(await SetAsideAsync(site));
    }

    [Theory]
    [InlineData(9_999, 1)]
    [InlineData(10_000, 0)]
    public async Task A_filter_looks_at_the_newest_10000_events_of_the_name(int newer, int matching)
    {
        const string counts = """{"event": {"name": "seen", "where": {"condition": {"field": "properties.s", "operator": "EQ", "value": "old"} } } }""";
        var audience = await site.AudienceAsync(counts);
        await site.IdentifyAsync("u0");
        await SendAsync("u0", 1, "old", age: 20_000);
        await SendAsync("u0", newer);
        var journey = await site.PublishAsync(Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));

        var preview = await site.Profiles.PreviewAudienceAsync(new() { Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>(counts) });
        await site.IdentifyAsync("u0");

        Assert.Equal(matching, preview.Count);
        Assert.Equal(matching, (await site.EnrollmentsAsync(journey)).Count);
    }

    // One waits for another two seconds.
    static async Task<(Guid Journey, List<Enrollment> People)> WaitingAsync(TestSite site, string goal)
    {
        var journey = await site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Wait("rest", "2s"), Designs.End));
        var answer = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0", "u1" } });
        return (journey, [.. answer.Results.Select(result => result.Enrollment)]);
    }

    // Many events, as they come within minutes.
    async Task SendAsync(string userId, int count, string? text = null, int age = 0)
    {
        const string sql = """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, url, occurred_at)
            select p.site_id, gen_random_uuid()::text, p.profile_id, 'seen', jsonb_build_object('s', @text::text), '', @now - (@age + n) * interval '1 millisecond'
            from enrollment.profile p
            cross join generate_series(1, @count) as n
            where p.site_id = @Id and p.user_id = @userId
            """;
        var random = new Random(7);
        text ??= new string([.. Enumerable.Range(0, count > 8_500 ? 1 : 2_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { site.Id, userId, count, text, age, now = service.Clock.GetUtcNow() });
    }

    AdvanceEnrollments AdvanceBy(NpgsqlDataSource source) => new(
        source, service.Get<EnrollmentLoader>(), service.Get<EnrollmentWriter>(), service.Get<AfterCommit>(), service.Get<Enrollments.SetAside>(), service.Get<Clock>());

    async Task<int> ElapseAsync(AdvanceEnrollments advance, List<Enrollment> people)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        var sites = (await connection.QueryAsync<(Guid Id, Guid SiteId)>("select enrollment_id, site_id from enrollment.enrollment")).ToDictionary(row => row.Id, row => row.SiteId);
        return await advance.HandleAsync(
            [.. people.Select(one => Guid.Parse(one.Id)).Select(id => new SignalDelivery(sites[id], id, new Signal.TimerElapsed(2)))], CancellationToken.None);
    }

    // Background work goes by the time-out of commands.
    NpgsqlDataSource Impatient(int seconds, int background = 60) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(service.ConnectionString) { Options = $"-c statement_timeout={seconds}s", CommandTimeout = background });

    static async Task<IReadOnlyList<Protos.Enrollment.V1.SetAside>> SetAsideAsync(TestSite site) =>
        (await new EnrollmentService.EnrollmentServiceClient(site.As(Access.Types.Role.Admin)).ListSetAsideAsync(new())).SetAside;
}
