using System.Diagnostics.Metrics;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Journeys.Copies;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Lifecycle;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Definition.V1;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;
using Enrolled = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Definition decides and nobody hears of it, because every message is lost: what was answered happens all the same.</summary>
public sealed class ReconciliationTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string Steps = Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End);

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_pause_that_Enrollment_could_not_be_told_says_so_and_is_told_again_until_acknowledged()
    {
        Journey journey;
        await using (var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true))
        {
            journey = await PublishAsync(definition);
            Assert.True(journey.AppliedEverywhere);
            Assert.True((await site.EnterAsync(Guid.Parse(journey.Id), "u1")).Created);
        }

        await using (var cutOff = await DefinitionBeside.StartAsync(service, reachesEnrollment: false))
        {
            var paused = await cutOff.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
            Assert.Equal((Journey.Types.Status.Paused, false), (paused.Status, paused.AppliedEverywhere));
            Assert.False((await cutOff.JourneysOf(site).GetJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
            Assert.False((await cutOff.JourneysOf(site).ListJourneysAsync(new())).Journeys.Single().AppliedEverywhere);
            service.Clock.Advance(TimeSpan.FromSeconds(3));
            await cutOff.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);
            Assert.False((await cutOff.JourneysOf(site).GetJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
        }

        await using var again = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        await again.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);

        Assert.True((await again.JourneysOf(site).GetJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(Guid.Parse(journey.Id), "newcomer"));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.True((await site.ReportAsync(Guid.Parse(journey.Id), "u1", "one")).Held);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("archive")]
    [InlineData("halt")]
    public async Task A_change_is_not_in_force_everywhere_while_a_move_that_began_before_it_is_under_way(string change)
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var journey = await PublishAsync(definition);
        var enrollmentId = Guid.Parse((await site.EnterAsync(Guid.Parse(journey.Id), "u1")).Enrollment.Id);
        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            await using var move = await connection.BeginTransactionAsync();
            var locked = await EnrollmentStore.LockActiveAsync(move, [site.Id], [enrollmentId], CancellationToken.None);

            Assert.False(await ChangeAsync());

            await service.Get<AdvanceEnrollments>().ApplyAsync(
                move, locked, _ => [new Signal.Reported("one", ContentOutcome.Completed)], CancellationToken.None);
            await move.CommitAsync();
        }

        Assert.Equal(Enrolled.Completed, Assert.Single(await site.EnrollmentsAsync(Guid.Parse(journey.Id))).Status);
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        await definition.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);
        Assert.False(await QueryAsync<bool>("""
            select exists (select from definition.move where site_id = @site and acknowledged_at is null)
                or exists (select from definition.site_halt where site_id = @site and acknowledged_at is null)
            """));

        async Task<bool> ChangeAsync() => change switch
        {
            "pause" => (await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere,
            "archive" => (await definition.JourneysOf(site).ArchiveJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere,
            _ => (await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None)).AppliedEverywhere,
        };
    }

    [Fact]
    public async Task An_audience_is_not_in_force_everywhere_while_a_move_that_began_before_it_is_under_way()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var journey = await PublishAsync(definition);
        var enrollmentId = Guid.Parse((await site.EnterAsync(Guid.Parse(journey.Id), "u1")).Enrollment.Id);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var move = await connection.BeginTransactionAsync();
        await EnrollmentStore.LockActiveAsync(move, [site.Id], [enrollmentId], CancellationToken.None);

        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new()
        {
            Name = "Everybody",
            Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>("""{"condition": {"field": "userId", "operator": "EQ", "value": "u1"} }"""),
        });

        Assert.False(audience.AppliedEverywhere);
    }

    [Fact]
    public async Task A_pause_waits_for_no_transaction_that_moves_nobody()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var journey = await PublishAsync(definition);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var foreign = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("create temporary table long (id int); select count(*) from enrollment.enrollment", transaction: foreign);

        Assert.True((await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
    }

    [Fact]
    public async Task A_pause_that_Enrollment_has_is_answered_although_the_acknowledgement_cannot_be_stored()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var journey = await PublishAsync(definition);
        await QueryAsync<int>("""
            create function definition.fail() returns trigger language plpgsql as $$ begin raise exception 'shutting down' using errcode = '57P01'; end $$;
            create trigger fail before update of acknowledged_at on definition.move for each row execute function definition.fail();
            select 1 where @site is not null
            """);

        var paused = await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
        await QueryAsync<int>("drop trigger fail on definition.move; drop function definition.fail; select 1 where @site is not null");

        Assert.Equal((Journey.Types.Status.Paused, false), (paused.Status, paused.AppliedEverywhere));
        Assert.Equal("PAUSED", await QueryAsync<string>("select status from enrollment.journey where site_id = @site"));
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        await definition.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);
        Assert.True((await definition.JourneysOf(site).GetJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
    }

    [Fact]
    public async Task A_change_that_Definition_cannot_read_keeps_none_behind_it_from_being_compared()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var (broken, sound) = (await PublishAsync(definition), await PublishAsync(definition));
        await using (var connection = await service.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("""
                -- A published version never changes, but on a disk that fails.
                set session_replication_role = replica;
                update definition.version set design = '\xff' where journey_id = @id::uuid;
                reset session_replication_role
                """, new { broken.Id });

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);

        Assert.Equal(sound.Id, await QueryAsync<string>("select journey_id::text from enrollment.journey where site_id = @site"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Journeys_that_Definition_answers_too_slowly_keep_none_behind_them_from_being_compared(int count)
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var journeys = new List<string>();
        while (journeys.Count <= count)
            journeys.Add((await PublishAsync(definition)).Id);
        journeys.Sort(StringComparer.Ordinal);
        // The last that Definition names.
        var sound = journeys[^1];
        var slow = journeys[..^1].ToHashSet();
        var compare = ActivatorUtilities.CreateInstance<CompareWithDefinition>(
            service.Get<IServiceProvider>(), new SlowAbout(service.Get<ChangeService.ChangeServiceClient>(), slow));

        await compare.RunOnceAsync(CancellationToken.None);
        await compare.RunOnceAsync(CancellationToken.None);

        Assert.Equal(sound, await QueryAsync<string>("select string_agg(journey_id::text, ' ') from enrollment.journey where site_id = @site"));
        slow.Clear();
        Assert.Equal(count, await compare.CompareAsync(CancellationToken.None));
    }

    // Definition's clock was hours ahead and is right again.
    [Theory]
    [InlineData("moved_at")]
    [InlineData("tried_at")]
    public async Task A_change_that_was_made_or_told_in_the_future_is_told_again_all_the_same(string column)
    {
        Journey journey;
        await using (var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true))
            journey = await PublishAsync(definition);
        await using (var cutOff = await DefinitionBeside.StartAsync(service, reachesEnrollment: false))
            await cutOff.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
        await using (var connection = await service.Database.OpenConnectionAsync())
            await connection.ExecuteAsync(
                $"update definition.move set {column} = @at where journey_id = @id::uuid and acknowledged_at is null",
                new { at = service.Clock.GetUtcNow().AddHours(3), journey.Id });

        await using var again = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        await again.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);

        Assert.True((await again.JourneysOf(site).GetJourneyAsync(new() { Id = journey.Id })).AppliedEverywhere);
    }

    [Fact]
    public async Task A_copy_that_is_ahead_of_Definition_as_after_a_restore_is_put_right()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var journey = await PublishAsync(definition);
        await service.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);
        await QueryAsync<int>("update enrollment.journey set change_no = 2147483647, status = 'PAUSED' where site_id = @site returning 1");

        await service.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((1, "PUBLISHED"), await QueryAsync<(int, string)>("select change_no, status from enrollment.journey where site_id = @site"));
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
        await service.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);
        Assert.Equal((2, "PAUSED"), await QueryAsync<(int, string)>("select change_no, status from enrollment.journey where site_id = @site"));
    }

    [Fact]
    public async Task Enrollment_makes_up_for_every_move_version_and_audience_that_it_missed()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var journey = await PublishAsync(definition);
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey.Id });
        await definition.JourneysOf(site).ArchiveJourneyAsync(new() { Id = journey.Id });
        await definition.JourneysOf(site).RestoreJourneyAsync(new() { Id = journey.Id });
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey.Id });
        var kept = await AudienceAsync(definition, "kept");
        var gone = await AudienceAsync(definition, "gone");
        await definition.AudiencesOf(site).DeleteAudienceAsync(new() { Id = gone });

        await service.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((5, "PUBLISHED", 3, 2), await QueryAsync<(int, string, int, int)>(
            "select change_no, status, version, archived_version from enrollment.journey where site_id = @site"));
        Assert.Equal(3, await QueryAsync<int>("select count(*)::integer from enrollment.journey_version where site_id = @site"));
        Assert.Equal(kept, (await QueryAsync<Guid>("select audience_id from enrollment.audience where site_id = @site and rule is not null")).ToString());
        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_of_a_paused_journey_that_was_missed_leaves_it_paused(bool isTold)
    {
        Journey journey;
        await using (var cutOff = await DefinitionBeside.StartAsync(service, reachesEnrollment: false))
        {
            journey = await PublishAsync(cutOff);
            await cutOff.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
            journey = await cutOff.JourneysOf(site).PublishJourneyAsync(new() { Id = journey.Id });
            Assert.Equal((Journey.Types.Status.Paused, false), (journey.Status, journey.AppliedEverywhere));
        }

        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        service.Clock.Advance(TimeSpan.FromSeconds(3));
        if (isTold)
            await definition.Get<TellEnrollment>().RunOnceAsync(CancellationToken.None);
        else
            await service.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((3, "PAUSED", 2), await QueryAsync<(int, string, int)>(
            "select change_no, status, version from enrollment.journey where site_id = @site"));
    }

    [Fact]
    public async Task A_Scheduler_that_lost_the_resume_learns_of_it_and_starts_the_jobs_that_follow_once()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var journey = await PublishAsync(definition);
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
        await scheduler.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);
        Assert.Equal("PAUSED", await QueryAsync<string>("select status from scheduler.journey where site_id = @site"));
        var resumed = await definition.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey.Id });
        service.Clock.Advance(TimeSpan.FromMinutes(2));

        var counted = await CountAsync(scheduler.Get<IMeterFactory>(), () => scheduler.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None));
        await scheduler.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);
        // The message comes after all.
        await site.TellAllAsync(new Events.JourneyResumed
        {
            State = new() { SiteId = $"{site.Id}", JourneyId = journey.Id, ChangeNo = 3, Status = Journey.Types.Status.Published, Version = 1, Time = resumed.UpdateTime },
        });

        Assert.Equal(1, counted);
        Assert.Equal("PUBLISHED", await QueryAsync<string>("select status from scheduler.journey where site_id = @site"));
        Assert.Equal(["RELEASE"], (await scheduler.JobsOf(site).ListJobsAsync(new())).Jobs.Select(job => job.Kind.ToString().ToUpperInvariant()));
    }

    [Fact]
    public async Task An_archiving_and_an_audience_that_were_published_before_there_was_a_queue_start_their_jobs()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        var archived = await PublishAsync(definition);
        await site.EnterAsync(Guid.Parse(archived.Id), "u1");
        await definition.JourneysOf(site).ArchiveJourneyAsync(new() { Id = archived.Id });
        var audience = await AudienceAsync(definition, "gold");
        await site.IdentifyAsync("u2", traits: """{"plan": "gold"}""");
        var swept = await PublishAsync(definition, $"\"audienceId\": \"{audience}\", \"autoEnroll\": true,");

        await using var scheduler = await SchedulerBeside.StartAsync(service);
        await scheduler.Get<CompareWithDefinition>().RunOnceAsync(CancellationToken.None);
        await scheduler.PumpAsync();

        Assert.Equal(Enrolled.Archived, Assert.Single(await site.EnrollmentsAsync(Guid.Parse(archived.Id))).Status);
        Assert.Equal("u2", Assert.Single(await site.EnrollmentsAsync(Guid.Parse(swept.Id))).UserId);
    }

    [Fact]
    public async Task Enrollment_asks_Definition_before_it_serves()
    {
        await using var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
        var journey = await PublishAsync(definition);
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey.Id });
        await using var database = await TestDatabase.CreateEmptyAsync();

        await using var fresh = EnrollmentApp.Create(
            [.. service.Settings, $"--Postgres:ConnectionString={database.ConnectionString}", $"--Messaging:Broker=memory://{database.Name}", "--urls=http://127.0.0.1:0"],
            service.Clock);
        await fresh.StartAsync();

        await using var connection = await database.DataSource.OpenConnectionAsync();
        Assert.Equal("PAUSED", await connection.ExecuteScalarAsync<string>("select status from enrollment.journey where site_id = @id", new { id = site.Id }));
    }

    [Fact]
    public async Task People_of_an_archived_journey_whom_no_job_is_on_its_way_to_are_archived_and_counted()
    {
        var journey = await site.PublishAsync(Steps);
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { Enumerable.Range(0, 700).Select(n => $"u{n}") } });
        await site.ArchiveAsync(journey);
        await site.RestoreAsync(journey);
        await site.PublishAsync(Steps, journey);
        await site.EnterAsync(journey, "later");
        service.Clock.Advance(TimeSpan.FromSeconds(61));

        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", Archives = true };
        Assert.Equal(0, await CountAsync(service.Get<IMeterFactory>(), FinishAsync));
        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}" };
        Assert.Equal(700, await CountAsync(service.Get<IMeterFactory>(), FinishAsync));
        Assert.Equal(0, await CountAsync(service.Get<IMeterFactory>(), FinishAsync));

        Assert.Equal((700, 1), await QueryAsync<(int, int)>(
            "select count(*) filter (where status = 'ARCHIVED')::integer, count(*) filter (where status = 'ACTIVE')::integer from enrollment.enrollment where site_id = @site"));
        Assert.Equal(1, await QueryAsync<int>("select emptied_version from enrollment.journey where site_id = @site"));

        Task FinishAsync() => service.Get<FinishArchiving>().RunOnceAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("0044-03-15 12:00+00 BC")]
    [InlineData("infinity")]
    public async Task A_journey_whose_archiving_time_cannot_be_read_keeps_no_other_from_being_finished(string unreadable)
    {
        var (broken, sound) = (await site.PublishAsync(Steps), await site.PublishAsync(Steps));
        foreach (var journey in new[] { broken, sound })
        {
            await site.EnterAsync(journey, "u1");
            await site.ArchiveAsync(journey);
            service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}" };
        }

        await QueryAsync<int>($"update enrollment.journey set archived_at = '{unreadable}' where site_id = @site and journey_id = '{broken}' returning 1");
        service.Clock.Advance(TimeSpan.FromSeconds(61));

        await service.Get<FinishArchiving>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(2, await QueryAsync<int>("select count(*)::integer from enrollment.enrollment where site_id = @site and status = 'ARCHIVED'"));
    }

    async Task<Journey> PublishAsync(DefinitionBeside definition, string more = "")
    {
        var design = JsonParser.Default.Parse<CreateJourneyRequest>(Designs.Row(more, Designs.Start, Designs.Content("one"), Designs.End));
        design.Name = "Journey";
        var draft = await definition.JourneysOf(site).CreateJourneyAsync(design);
        return await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = draft.Id });
    }

    async Task<string> AudienceAsync(DefinitionBeside definition, string plan) => (await definition.AudiencesOf(site).CreateAudienceAsync(new()
    {
        Name = plan,
        Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>($$$"""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "{{{plan}}}"}}"""),
    })).Id;

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, new { site = site.Id });
    }

    static async Task<int> CountAsync(IMeterFactory meters, Func<Task> work)
    {
        using var counted = new CountedMetric(meters, "journeys.divergence.repaired");
        await work();
        return counted.Total;
    }
}
