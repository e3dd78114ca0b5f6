using Dapper;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>A service that gives the events of one person half a second, which those of <see cref="SlowPersonTests"/> exceed many times over.</summary>
public sealed class ImpatientFixture : EnrollmentFixture
{
    protected override IReadOnlyList<string> OwnSettings => ["--Rules:EventsTimeoutMilliseconds=500", "--Postgres:StatementTimeoutSeconds=2"];
}

/// <summary>Somebody whose events take the database too long keeps nobody else, and a database that is slow for everybody sets nobody aside.</summary>
public sealed class SlowPersonTests(ImpatientFixture service) : IClassFixture<ImpatientFixture>
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
        await using var source = Impatient(seconds: 2);
        var advance = AdvanceBy(source);

        await ElapseAsync(advance, [.. slow.People, .. others.People]);

        Assert.Equal([Status.Active, Status.Completed], (await site.EnrollmentsAsync(slow.Journey)).Select(one => one.Status));
        Assert.All(await other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        var aside = Assert.Single(await SetAsideAsync(site));
        Assert.Equal(slow.People[0].Id, aside.EnrollmentId);
        Assert.StartsWith("RulesTooCostly", aside.Cause, StringComparison.Ordinal);

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
        await using var source = Impatient(seconds: 2, background: 2);
        var watchdog = new Watchdog(
            source, service.Get<RepairQueries>(), AdvanceBy(source), service.Get<AfterCommit>(), service.Get<SchedulerWork>(),
            service.Get<Outbox>(), service.Get<Enrollments.SetAside>(), service.Get<SlowSites>(), service.Get<FailedMessages>(), service.Get<System.Diagnostics.Metrics.IMeterFactory>(),
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
        await using var source = Impatient(seconds: 2);
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

    [Fact]
    public async Task Many_slow_people_of_one_site_make_way_for_others_and_arrive_once_they_are_fast()
    {
        var (slow, others) = (await WaitingAsync(site, "", 60), await WaitingAsync(other, ""));
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var connection = await service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);

        await ElapseByMessageAsync(slow.People, others.People);

        var aside = await CountAsync(connection, "set_aside");
        var othersThere = (await other.EnrollmentsAsync(others.Journey)).Count(one => one.Status == Status.Completed);
        await SpeedUpAsync(connection);
        await Eventually.Equal(
            60 - SlowSites.Most,
            async () =>
            {
                await service.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
                return await CountAsync(connection, "enrollment", "and status = 'COMPLETED'");
            },
            "people who were put off to arrive");
        service.Clock.Advance(TimeSpan.FromSeconds(5));
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);
        await service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((SlowSites.Most, 2), (aside, othersThere));
        Assert.Equal(
            (60, 180, 0),
            (await CountAsync(connection, "enrollment", "and status = 'COMPLETED'"), await CountAsync(connection, "visit"), await CountAsync(connection, "set_aside")));
    }

    [Fact]
    public async Task The_watchdog_takes_sites_by_turns_and_few_slow_people_of_one()
    {
        // More of the slow site than it looks at in one go.
        await WaitingAsync(site, "", 600);
        var others = await WaitingAsync(other, "");
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        await using var connection = await service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);

        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        var (aside, othersThere) = (await CountAsync(connection, "set_aside"), await other.EnrollmentsAsync(others.Journey));
        await SpeedUpAsync(connection);
        // Leaves nobody to the other tests.
        while (await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None) == TimeSpan.Zero)
        {
        }

        Assert.All(othersThere, one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(SlowSites.Most, aside);
    }

    [Fact]
    public async Task The_watchdog_moves_who_was_put_off_and_does_not_count_them_as_lost()
    {
        var (slow, lost) = (await WaitingAsync(site, "", 60), await WaitingAsync(other, ""));
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var connection = await service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);
        await ElapseByMessageAsync(slow.People, []);
        await SpeedUpAsync(connection);
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        using var counted = new CountedMetric(service.Get<System.Diagnostics.Metrics.IMeterFactory>(), "journeys.wakeups.repaired");

        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(60 - SlowSites.Most, await CountAsync(connection, "enrollment", "and status = 'COMPLETED'"));
        Assert.All(await other.EnrollmentsAsync(lost.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(2, counted.Total);
        await connection.ExecuteAsync("delete from enrollment.failed_message where @Id = any(site_ids)", new { site.Id });
    }

    [Fact]
    public async Task Calls_of_who_is_slow_are_answered_and_move_what_is_sound()
    {
        var slow = await WaitingAsync(site, Goal);
        var sound = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        await site.EnterAsync(sound, "u0");
        await SendAsync("u0", 8_000);

        await site.DoAsync("u0", "go");
        await site.IdentifyAsync("u0", traits: """{"plan": "pro"}""");

        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Equal(slow.People[0].Id, Assert.Single(await SetAsideAsync(site)).EnrollmentId);
    }

    [Fact]
    public async Task Of_users_of_one_call_only_who_is_slow_is_left_out()
    {
        var journey = await PeopleAsync();
        await using var source = Impatient(seconds: 2);
        var results = await EnrollBy(source, service.Get<EnrollPeople>()).HandleAsync(
            site.Id, journey, ["u0", "u1", "u2"], "{}", key: null, CancellationToken.None);

        Assert.Equal(["RULES_TOO_COSTLY", "", ""], results.Select(result => result.Error?.Reason ?? ""));
        Assert.Equal(["u1", "u2"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task Whoever_is_slow_while_the_database_is_quick_is_refused_for_good()
    {
        var journey = await PeopleAsync();
        foreach (var person in (string[])["u1", "u2"])
            await SendAsync(person, 8_000);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u0"));
        var one = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0" } });
        var all = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0", "u1", "u2" } });

        Assert.Equal(("RULES_TOO_COSTLY", StatusCode.FailedPrecondition), (refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, refusal.StatusCode));
        Assert.Equal(Enumerable.Repeat("RULES_TOO_COSTLY", 4), one.Results.Concat(all.Results).Select(result => result.Error?.Reason));
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task A_call_is_to_be_tried_again_while_the_database_is_slow_for_everybody()
    {
        var journey = await PeopleAsync();
        var matching = await AutoEnrollingAsync(Rule);
        await using (var holder = await service.Database.OpenConnectionAsync())
        {
            await holder.ExecuteAsync("begin; lock table enrollment.event in access exclusive mode");

            foreach (var call in (Func<Task>[])
            [
                () => site.EnterAsync(journey, "u0"),
                () => site.IdentifyAsync("u0"),
                async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0" } }),
                async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u0", "u1", "u2" } }),
            ])
            {
                var refusal = await Assert.ThrowsAsync<RpcException>(call);
                Assert.Equal(("TRY_AGAIN", StatusCode.Unavailable), (refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, refusal.StatusCode));
                Assert.NotNull(refusal.GetRpcStatus()!.GetDetail<RetryInfo>());
            }

            await holder.ExecuteAsync("rollback");
        }

        Assert.Empty(await site.EnrollmentsAsync(journey));
        Assert.Empty(await site.EnrollmentsAsync(matching));
    }

    [Fact]
    public async Task A_journey_whose_rules_are_slow_for_somebody_is_left_out_and_their_calls_are_stored()
    {
        await PeopleAsync();
        var (slow, sound) = (await AutoEnrollingAsync(Rule), await AutoEnrollingAsync("""{"condition": {"field": "userId", "operator": "EQ", "value": "u0"} }"""));

        await site.IdentifyAsync("u0", traits: """{"plan": "pro"}""");
        var recorded = await site.DoAsync("u0", "go");

        Assert.Equal(1, recorded.Accepted);
        Assert.Contains("pro", (await site.Profiles.GetUserAsync(new() { UserId = "u0" })).User.Traits.ToString(), StringComparison.Ordinal);
        Assert.Empty(await site.EnrollmentsAsync(slow));
        Assert.Equal("u0", Assert.Single(await site.EnrollmentsAsync(sound)).UserId);
    }

    [Fact]
    public async Task Twenty_slow_people_of_one_call_or_chunk_are_to_blame_while_the_database_is_quick()
    {
        var journey = await ContentAsync(Goal);
        var people = Enumerable.Range(0, EnrollPeople.MostLeftOut + 1).Select(n => $"u{n:00}").ToArray();
        foreach (var person in people)
        {
            await site.IdentifyAsync(person);
            await SendAsync(person, 200);
        }

        var facts = new PersonFacts(
            service.Get<JourneyCatalog>(), service.Get<RuleEffort>(), Options.Create(new RuleOptions { EventsTimeoutMilliseconds = 10 }), service.Clock);
        var enroll = new EnrollPeople(facts, service.Get<EnrollmentWriter>(), service.Get<Clock>());
        await using var source = Impatient(seconds: 1, background: 1);

        var results = await EnrollBy(source, enroll).HandleAsync(site.Id, journey, people, "{}", key: null, CancellationToken.None);
        var list = new EnrollList(service.Get<JourneyCatalog>(), new EnrollInChunk(enroll, service.Clock, service.Get<ILogger<EnrollInChunk>>()));
        var answer = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, await ListAsync(people), list);

        Assert.Equal(
            ["NOT_TRIED", .. Enumerable.Repeat("RULES_TOO_COSTLY", EnrollPeople.MostLeftOut)], results.Select(result => result.Error?.Reason).Order());
        Assert.StartsWith("20 people could not be enrolled", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_whose_time_is_over_answers_who_is_enrolled_and_who_was_not_tried()
    {
        var journey = await PeopleAsync();
        var all = new[] { "u0", "u1", "u2", "u3", "u4" };
        await using var source = Impatient(seconds: 2);

        var results = await EnrollBy(source, service.Get<EnrollPeople>(), new HurriedTime(service.Clock, TimeSpan.FromSeconds(6)))
            .HandleAsync(site.Id, journey, all, "{}", key: null, CancellationToken.None);

        var enrolled = (await site.EnrollmentsAsync(journey)).Select(one => one.UserId);
        Assert.Equal(["", "", "", "NOT_TRIED", "RULES_TOO_COSTLY"], results.Select(result => result.Error?.Reason ?? "").Order());
        var untried = results.Single(result => result.Error?.Reason == "NOT_TRIED");
        Assert.Contains("time of the call", untried.Error.Message, StringComparison.Ordinal);
        Assert.Equal(all.Except(["u0", untried.UserId]), enrolled.Order());
    }

    [Fact]
    public async Task Whoever_is_locked_while_it_is_noted_that_they_are_slow_is_tried_again()
    {
        var one = (await WaitingAsync(site, "")).People[0];
        var slow = new RulesTooCostly { InDatabase = new PostgresException("too long", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled) };
        await using var holder = await service.Database.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select from enrollment.enrollment where enrollment_id = @id for update", new { id = Guid.Parse(one.Id) }, held);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => service.Get<Enrollments.SetAside>().NoteAsync(
            site.Id, Guid.Parse(one.Id), [], slow, CancellationToken.None));

        Assert.Equal(Fault.Passing, Faults.Of(failure));
    }

    [Fact]
    public async Task A_list_enrolls_everybody_but_who_is_slow()
    {
        var journey = await PeopleAsync();
        var list = await ListAsync("u0", "u1", "u2");
        await using var source = Impatient(seconds: 2, background: 2);

        var answer = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list);

        Assert.Equal((3, 2, ""), (answer.Done, answer.Changed, answer.Error));
        Assert.Equal(["u1", "u2"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task A_chunk_whose_people_take_long_ends_early_and_the_next_goes_on_behind_them()
    {
        var journey = await PeopleAsync();
        var list = await ListAsync("u0", "u1", "u2");
        await using var source = Impatient(seconds: 2, background: 2);
        var work = new EnrollList(
            service.Get<JourneyCatalog>(),
            new(service.Get<EnrollPeople>(), new HurriedTime(service.Clock, TimeSpan.FromSeconds(2)), service.Get<ILogger<EnrollInChunk>>()));

        var first = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list, work);
        var rest = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list, work, first.NextCursor);

        Assert.Equal((2, 1, false), (first.Done, first.Changed, first.Last));
        Assert.Equal((1, 1, true), (rest.Done, rest.Changed, rest.Last));
        Assert.Equal(["u1", "u2"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task A_sweep_enrolls_everybody_but_who_is_slow()
    {
        var audience = await site.AudienceAsync($$$"""{"group": {"operator": "OR", "rules": [{{{Rule}}}, {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}]}}""");
        foreach (var person in (string[])["u0", "u1", "u2"])
            await site.IdentifyAsync(person, traits: person == "u0" ? "{}" : """{"plan": "pro"}""");
        await SendAsync("u0", 8_000);
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await using var audiences = new AudienceQueries(
            service.Database, Options.Create(new AudienceOptions { SweepTimeoutSeconds = 3 }), service.Clock);
        var sweep = new SweepAudience(service.Get<JourneyCatalog>(), audiences, service.Get<EnrollInChunk>(), service.Get<ILogger<SweepAudience>>());

        var answer = await ChunkAsync(service.Database, Job.Types.Kind.AudienceSweep, journey, "", sweep);

        Assert.Equal((2, ""), (answer.Changed, answer.Error));
        Assert.Equal(["u1", "u2"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task People_who_take_too_long_together_are_released_and_enrolled_one_by_one()
    {
        var people = Enumerable.Range(0, 10).Select(n => $"u{n}").ToArray();
        var (journey, next) = (await ContentAsync(), await ContentAsync());
        foreach (var person in people)
            await site.EnterAsync(journey, person);
        var list = await ListAsync(people);
        await site.PauseAsync(journey);
        foreach (var person in people)
            await site.ReportAsync(journey, person, "one");
        await site.ResumeAsync(journey);
        await using var source = Impatient(seconds: 4, background: 4);
        await using var connection = await service.Database.OpenConnectionAsync();
        // Ten rows of one statement take longer than it may run.
        await connection.ExecuteAsync($"""
            create function enrollment.rest_a_little() returns trigger language plpgsql as $$ begin
                if new.site_id = '{site.Id}' then perform pg_sleep(0.6); end if;
                return new;
            end $$;
            create trigger rest before insert on enrollment.visit for each row execute function enrollment.rest_a_little()
            """);

        var released = await ChunkAsync(source, Job.Types.Kind.Release, journey, "");
        var enrolled = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, next, list);

        await connection.ExecuteAsync("drop trigger rest on enrollment.visit; drop function enrollment.rest_a_little()");
        Assert.Equal((10, 10), (released.Changed, enrolled.Changed));
        Assert.All(await site.EnrollmentsAsync(journey), one => Assert.Equal(Status.Completed, one.Status));
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

    EnrollUsers EnrollBy(NpgsqlDataSource source, EnrollPeople enroll, TimeProvider? time = null) => new(
        source, service.Get<RequireJourney>(), enroll, service.Get<AfterCommit>(), service.Get<UserListStore>(),
        service.Get<EnrollmentQueries>(), service.Get<UserQueries>(), service.Get<IdempotencyKeys>(), service.Get<SchedulerService.SchedulerServiceClient>(),
        service.Get<RuleEffort>(), time ?? service.Clock, service.Get<ILogger<EnrollUsers>>());

    async Task<Guid> AutoEnrollingAsync(string rule) => await site.PublishAsync(Designs.Row(
        $"\"autoEnroll\": true, \"audienceId\": \"{await site.AudienceAsync(rule)}\",", Designs.Start, Designs.Content("one"), Designs.End));

    Task<Guid> ContentAsync(string goal = "") => site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Content("one"), Designs.End));

    // Three users, of whom the first is slow, and a journey that asks for what they did.
    async Task<Guid> PeopleAsync()
    {
        foreach (var person in (string[])["u0", "u1", "u2"])
        {
            // Ids of one moment are in no order.
            service.Clock.Advance(TimeSpan.FromSeconds(1));
            await site.IdentifyAsync(person);
        }

        await SendAsync("u0", 8_000);
        return await ContentAsync(Goal);
    }

    async Task<string> ListAsync(params string[] people)
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "people" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { people } });
        return list.Id;
    }

    // The first chunk of a job.
    async Task<Events.ChunkCompleted> ChunkAsync(NpgsqlDataSource source, Job.Types.Kind kind, Guid journey, string subject, IChunkWork? work = null, string cursor = "")
    {
        var process = new ProcessChunk(
            source, work is null ? service.Get<IEnumerable<IChunkWork>>() : [work], service.Get<AfterCommit>(), service.Get<SchedulerService.SchedulerServiceClient>(),
            service.Get<Outbox>(), service.Clock, service.Get<ILogger<ProcessChunk>>());
        var chunk = new Events.ChunkRequested
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = site.Id.ToString(),
            Kind = kind,
            JourneyId = journey.ToString(),
            SubjectId = subject,
            ChunkNo = 1,
            Cursor = cursor,
            Limit = 500,
        };
        await process.HandleAsync(chunk, CancellationToken.None);
        return (await site.SentAsync<Events.ChunkCompleted>()).Single(answer => answer.JobId == chunk.JobId);
    }

    // One waits for another two seconds.
    static async Task<(Guid Journey, List<Enrollment> People)> WaitingAsync(TestSite site, string goal, int count = 2)
    {
        var journey = await site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Wait("rest", "2s"), Designs.End));
        var answer = await site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, count).Select(n => $"u{n}") } });
        return (journey, [.. answer.Results.Select(result => result.Enrollment)]);
    }

    // Each look at what has elapsed takes a while.
    sealed class HurriedTime(TimeProvider clock, TimeSpan look) : TimeProvider
    {
        long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => ticks += look.Ticks;
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

    // As if each of the site took the database too long.
    Task<int> SlowDownAsync(NpgsqlConnection connection) => connection.ExecuteAsync($"""
        create function enrollment.take_long() returns trigger language plpgsql as $$ begin
            if new.site_id = '{site.Id}' then raise exception 'too long' using errcode = '57014'; end if;
            return new;
        end $$;
        create trigger take_long before insert on enrollment.visit for each row execute function enrollment.take_long()
        """);

    static Task<int> SpeedUpAsync(NpgsqlConnection connection) =>
        connection.ExecuteAsync("drop trigger take_long on enrollment.visit; drop function enrollment.take_long");

    // Returns when the message was handled or is kept.
    Task ElapseByMessageAsync(List<Enrollment> ofSite, List<Enrollment> ofOther) => site.TellAllAsync(new Events.TimersElapsed
    {
        Timers = { ofSite.Select(one => TimerOf(site, one)), ofOther.Select(one => TimerOf(other, one)) },
    });

    static Events.Timer TimerOf(TestSite site, Enrollment one) => new() { SiteId = site.Id.ToString(), EnrollmentId = one.Id, VisitNo = 2 };

    Task<int> CountAsync(NpgsqlConnection connection, string table, string where = "") =>
        connection.ExecuteScalarAsync<int>($"select count(*) from enrollment.{table} where site_id = @Id {where}", new { site.Id });

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
