using Dapper;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Connections;
using Journeys.Copies;
using Journeys.Definitions.Lifecycle;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Enrolled = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Definition's database is restored from a backup, and what it decides from then on bears numbers that the copies have seen before.</summary>
public sealed class RestoredDefinitionTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    static readonly TypeRegistry Messages = TypeRegistry.FromFiles(EventsReflection.Descriptor);

    readonly TestSite site = service.NewSite();
    DefinitionBeside definition = null!;
    SchedulerBeside scheduler = null!;

    public async Task InitializeAsync()
    {
        definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        scheduler = await SchedulerBeside.StartAsync(service);
    }

    public async Task DisposeAsync()
    {
        await scheduler.DisposeAsync();
        await definition.DisposeAsync();
    }

    [Fact]
    public async Task A_move_that_has_the_number_of_a_lost_one_is_followed()
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await CompareAsync();

        await RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await CutOffAsync(cutOff => cutOff.JourneysOf(site).ArchiveJourneyAsync(new() { Id = journey }).ResponseAsync);
        await CompareAsync();

        Assert.Equal((2, "ARCHIVED", 1), await QueryAsync<(int, string, int)>(
            "select change_no, status, archived_version from enrollment.journey where site_id = @site"));
        Assert.Equal((2, "ARCHIVED"), await QueryAsync<(int, string)>("select change_no, status from scheduler.journey where site_id = @site"));
        Assert.Equal(["ARCHIVE"], await JobsAsync());
    }

    [Fact]
    public async Task A_move_that_has_the_number_of_a_lost_one_of_its_kind_starts_its_job()
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey });
        await CompareAsync();
        Assert.Equal(["RELEASE"], await JobsAsync());

        await RestoreAsync(journey, changeNo: 2, "PAUSED", version: 1);
        await CutOffAsync(cutOff => cutOff.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey }).ResponseAsync);
        await CompareAsync();

        Assert.Equal(["RELEASE", "RELEASE"], await JobsAsync());
    }

    [Fact]
    public async Task A_move_that_a_replica_of_the_release_before_took_over_is_no_lost_one()
    {
        var journey = await PublishAsync("one");
        await CompareAsync();

        await CutOffAsync(cutOff => cutOff.JourneysOf(site).PauseJourneyAsync(new() { Id = journey }).ResponseAsync);
        foreach (var schema in (string[])["enrollment", "scheduler"])
            await QueryAsync<int>($"update {schema}.journey set change_no = 2, status = 'PAUSED' where site_id = @site returning 1");

        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
        Assert.Equal(0, await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_archiving_archives_nobody_any_more(bool isTold)
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).ArchiveJourneyAsync(new() { Id = journey });
        await CompareAsync();
        await scheduler.PumpAsync();

        await RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await (isTold ? MoveAsync(definition) : CutOffAsync(MoveAsync));
        await CompareAsync();
        await site.EnterAsync(Guid.Parse(journey), "u1");
        service.Clock.Advance(TimeSpan.FromMinutes(2));
        await service.Get<FinishArchiving>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(Enrolled.Active, Assert.Single(await site.EnrollmentsAsync(Guid.Parse(journey))).Status);
        Assert.Equal(0, await QueryAsync<int>("select archived_version from enrollment.journey where site_id = @site"));

        async Task MoveAsync(DefinitionBeside at)
        {
            await at.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
            await at.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey });
        }
    }

    [Fact]
    public async Task Nobody_enters_a_lost_version_any_more_and_who_is_inside_walks_it_to_its_end()
    {
        var journey = await PublishAsync("one");
        await ChangeAsync(journey, "two");
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey });
        await site.EnterAsync(Guid.Parse(journey), "inside");
        await CompareAsync();

        await RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await CompareAsync();
        await site.EnterAsync(Guid.Parse(journey), "later");

        Assert.Equal(Enrolled.Completed, (await site.ReportAsync(Guid.Parse(journey), "later", "one")).Enrollment.Status);
        Assert.Equal(Enrolled.Completed, (await site.ReportAsync(Guid.Parse(journey), "inside", "two")).Enrollment.Status);
        Assert.Equal(1, await QueryAsync<int>("select version from scheduler.journey where site_id = @site"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_that_has_the_number_of_a_lost_one_is_the_one_that_people_walk(bool isTold)
    {
        var journey = await PublishAsync("one");
        await ChangeAsync(journey, "lost");
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey });
        await site.EnterAsync(Guid.Parse(journey), "u1");
        await CompareAsync();

        await RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await ChangeAsync(journey, "mended");
        Task AgainAsync(DefinitionBeside at) => at.JourneysOf(site).PublishJourneyAsync(new() { Id = journey }).ResponseAsync;
        await (isTold ? AgainAsync(definition) : CutOffAsync(AgainAsync));
        await CompareAsync();
        await site.EnterAsync(Guid.Parse(journey), "u2");

        Assert.Equal(Enrolled.Completed, (await site.ReportAsync(Guid.Parse(journey), "u2", "mended")).Enrollment.Status);
        await site.ReportAsync(Guid.Parse(journey), "u1", "lost");
        Assert.Equal("lost", await QueryAsync<string>("select e.node_id from enrollment.set_aside join enrollment.enrollment as e using (site_id, enrollment_id) where site_id = @site"));
        Assert.True(await QueryAsync<bool>("""
            select scheduled.published_at = version.published_at
            from scheduler.journey as scheduled join definition.version using (site_id, journey_id, version)
            where site_id = @site
            """));
    }

    [Fact]
    public async Task An_audience_at_the_revision_of_a_lost_one_is_followed()
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await definition.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await CompareAsync();

        await QueryAsync<int>("""
            update definition.audience set revision = 1 where site_id = @site;
            update definition.audience_change set revision = 1 where site_id = @site returning 1
            """);
        service.Clock.Advance(TimeSpan.FromMinutes(5));
        await CutOffAsync(cutOff => cutOff.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("gold") }).ResponseAsync);
        await CompareAsync();

        Assert.Equal(Plan("gold"), Protos.Rule.V1.Rule.Parser.ParseFrom(await QueryAsync<byte[]>("select rule from enrollment.audience where site_id = @site")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_audience_that_is_set_back_is_swept_for_once_more_also_when_a_crash_comes_between(bool crashes)
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await CompareAsync();
        await definition.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("gold") });
        await CompareAsync();
        await BackUpAsync("audience", "audience_change");
        await definition.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await CompareAsync();
        var before = await CountAsync("AUDIENCE_SWEEP");

        await RestoreAsync("audience", "audience_change");
        if (crashes)
            await scheduler.Get<ICopy>().DistrustAsync(site.Id, Guid.Parse(audience.Id), 3, CancellationToken.None);
        await CompareAsync();
        await CompareAsync();

        Assert.Equal(before + 1, await CountAsync("AUDIENCE_SWEEP"));
        var rule = await QueryAsync<byte[]>("select rule from enrollment.audience where site_id = @site");
        Assert.Equal(Plan("gold"), Protos.Rule.V1.Rule.Parser.ParseFrom(rule));
    }

    // The Scheduler is set back first, and its sweep may not ask the audience that was lost.
    [Fact]
    public async Task A_sweep_that_follows_a_restore_waits_until_Enrollment_is_set_back_too()
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = Guid.Parse(await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\","));
        await CompareAsync();
        await BackUpAsync("audience", "audience_change");
        await definition.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await CompareAsync();
        await scheduler.PumpAsync();
        foreach (var plan in (string[])["gold", "lost"])
            await KnowAsync(plan, plan);

        await RestoreAsync("audience", "audience_change");
        await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await scheduler.SendAsync();
        await scheduler.SendAsync();
        Assert.Empty(await site.EnrollmentsAsync(journey));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await scheduler.PumpAsync();
        Assert.Equal("gold", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    // The change has the number of the lost one, and the Scheduler hears of it by message.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sweep_for_an_audience_that_changed_after_a_restore_waits_until_Enrollment_is_set_back(bool isSchedulerSetBack)
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = Guid.Parse(await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\","));
        await CompareAsync();
        await BackUpAsync("audience", "audience_change");
        await definition.AudiencesOf(site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await CompareAsync();
        await scheduler.PumpAsync();
        foreach (var plan in (string[])["gold", "lost", "new"])
            await KnowAsync(plan, plan);

        await RestoreAsync("audience", "audience_change");
        if (isSchedulerSetBack)
            await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        var change = new UpdateAudienceRequest { Id = audience.Id, Rule = Plan("new") };
        await CutOffAsync(cutOff => cutOff.AudiencesOf(site).UpdateAudienceAsync(change).ResponseAsync);
        await TellSchedulerAsync(audience.Id, afterNumber: 1);
        await scheduler.SendAsync();
        await scheduler.SendAsync();
        Assert.Empty(await site.EnrollmentsAsync(journey));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await scheduler.PumpAsync();
        Assert.Equal("new", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task A_sweep_for_a_version_that_was_published_after_a_restore_waits_until_Enrollment_is_set_back()
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await ChangeAsync(journey, "lost");
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey });
        await CompareAsync();
        await scheduler.PumpAsync();
        await KnowAsync("u1", "gold");

        await RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await ChangeAsync(journey, "new");
        await CutOffAsync(cutOff => cutOff.JourneysOf(site).PublishJourneyAsync(new() { Id = journey }).ResponseAsync);
        await TellSchedulerAsync(journey, afterNumber: 1);
        await scheduler.SendAsync();
        await scheduler.SendAsync();
        Assert.Empty(await site.EnrollmentsAsync(Guid.Parse(journey)));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await scheduler.PumpAsync();
        Assert.Equal(Enrolled.Completed, (await site.ReportAsync(Guid.Parse(journey), "u1", "new")).Enrollment.Status);
    }

    [Fact]
    public async Task A_site_whose_halt_was_lost_releases_what_was_held_and_sweeps_once_more()
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await CompareAsync();
        await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None);
        await definition.Get<ResumeSite>().HandleAsync(site.Id, "admin", CancellationToken.None);
        await CompareAsync();
        await BackUpAsync("site_halt");
        await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "lost", CancellationToken.None);
        await CompareAsync();
        var before = (await CountAsync("RELEASE"), await CountAsync("AUDIENCE_SWEEP"));

        await RestoreAsync("site_halt");
        await CompareAsync();
        await CompareAsync();

        Assert.Equal((before.Item1 + 1, before.Item2 + 1), (await CountAsync("RELEASE"), await CountAsync("AUDIENCE_SWEEP")));
    }

    [Fact]
    public async Task What_a_failure_keeps_from_being_applied_again_is_applied_later()
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).ArchiveJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).RestoreJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await CompareAsync();
        await RestoreAsync(journey, changeNo: 4, "PUBLISHED", version: 2);
        var failing = new CompareWithDefinition(
            service.Get<ChangeService.ChangeServiceClient>(), new FailingCopy(service.Get<ICopy>(), after: 1), Options.Create(new CopyOptions()),
            service.Get<Divergence>(), service.Clock, service.Get<ILogger<CompareWithDefinition>>());

        await failing.CompareAsync(CancellationToken.None);
        await CompareAsync();

        Assert.Equal((4, "PUBLISHED", 1), await QueryAsync<(int, string, int)>(
            "select change_no, status, archived_version from enrollment.journey where site_id = @site"));
    }

    // What was resumed or published in between would move people for a moment.
    [Fact]
    public async Task A_journey_that_is_set_back_is_at_no_outdated_change_meanwhile()
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await CompareAsync();

        await RestoreAsync(journey, changeNo: 2, "PAUSED", version: 1);
        foreach (var schema in (string[])["enrollment", "scheduler"])
        {
            await QueryAsync<int>($"""
                create function public.refuse_{schema}_{site.Id:N}() returns trigger language plpgsql as $$ begin raise 'It was published for a moment.'; end $$;
                create trigger refuse_{site.Id:N} before update on {schema}.journey for each row
                    when (new.journey_id = '{journey}' and new.status = 'PUBLISHED') execute function public.refuse_{schema}_{site.Id:N}();
                select 1
                """);
        }

        await CompareAsync();

        Assert.Equal((2, "PAUSED"), await QueryAsync<(int, string)>("select change_no, status from enrollment.journey where site_id = @site"));
        Assert.Equal((2, "PAUSED"), await QueryAsync<(int, string)>("select change_no, status from scheduler.journey where site_id = @site"));
    }

    [Fact]
    public async Task A_journey_whose_pause_was_lost_releases_what_was_held_and_sweeps_once_more()
    {
        var audience = await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        var journey = await PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await definition.JourneysOf(site).ResumeJourneyAsync(new() { Id = journey });
        await CompareAsync();
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await CompareAsync();
        var before = (await CountAsync("RELEASE"), await CountAsync("AUDIENCE_SWEEP"));

        await RestoreAsync(journey, changeNo: 3, "PUBLISHED", version: 1);
        await CompareAsync();
        await CompareAsync();

        Assert.Equal((before.Item1 + 1, before.Item2 + 1), (await CountAsync("RELEASE"), await CountAsync("AUDIENCE_SWEEP")));
    }

    [Fact]
    public async Task A_halt_that_Definition_does_not_know_any_more_is_lifted_and_what_was_held_goes_on()
    {
        var journey = await PublishAsync("one");
        await site.EnterAsync(Guid.Parse(journey), "u1");
        await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None);
        await CompareAsync();
        Assert.True((await site.ReportAsync(Guid.Parse(journey), "u1", "one")).Held);

        await QueryAsync<int>("delete from definition.site_halt where site_id = @site returning 1");
        await CompareAsync();
        await scheduler.PumpAsync();

        Assert.Equal("PUBLISHED", await QueryAsync<string>("select status from enrollment.journey where site_id = @site"));
        Assert.Equal(["RELEASE"], await JobsAsync());
        Assert.Equal(Enrolled.Completed, Assert.Single(await site.EnrollmentsAsync(Guid.Parse(journey))).Status);
        Assert.Equal("PUBLISHED", await QueryAsync<string>("select status from scheduler.journey where site_id = @site"));

        await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "again", CancellationToken.None);
        await CompareAsync();
        Assert.Equal(("PAUSED", "PAUSED"), await QueryAsync<(string, string)>(
            "select e.status, s.status from enrollment.journey as e join scheduler.journey as s using (site_id, journey_id) where site_id = @site"));
    }

    // The Scheduler heard of the lost halt and lifts it as number 0. Enrollment has no row, or an older one.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Jobs_wait_for_no_halt_that_Enrollment_never_heard_of(bool wasHaltedBefore)
    {
        await PublishAsync("one");
        if (wasHaltedBefore)
        {
            await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None);
            await definition.Get<ResumeSite>().HandleAsync(site.Id, "admin", CancellationToken.None);
        }

        await CompareAsync();
        await CutOffAsync(cutOff => cutOff.Get<HaltSite>().HandleAsync(site.Id, "admin", "lost", CancellationToken.None));
        await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);

        await QueryAsync<int>("delete from definition.site_halt where site_id = @site returning 1");
        await CompareAsync();
        for (var round = 0; round < 3; round++)
            await scheduler.SendAsync();

        Assert.NotEmpty(await JobsAsync());
        Assert.Equal(0, await QueryAsync<int>("select count(*) from scheduler.job where site_id = @site and status <> 'COMPLETED'"));
    }

    [Fact]
    public async Task Copies_that_are_the_same_stay_as_they_are()
    {
        var journey = await PublishAsync("one");
        await definition.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        await definition.AudiencesOf(site).CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None);
        await CompareAsync();

        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
        Assert.Equal(0, await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }

    async Task CompareAsync()
    {
        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
    }

    async Task TellSchedulerAsync(string id, int afterNumber)
    {
        var request = new ListChangesRequest { SiteId = $"{site.Id}", Id = id, AfterNumber = afterNumber };
        var changes = service.Get<ChangeService.ChangeServiceClient>();
        var answer = await changes.ListChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, default));
        foreach (var change in answer.Changes)
            await scheduler.Get<ICopy>().ApplyAsync(Messages.Find(change.MessageType).Parser.ParseFrom(change.Body), default);
    }

    async Task KnowAsync(string userId, string plan) => await site.Sdk.IdentifyAsync(new()
    {
        UserId = userId,
        NoEntry = true,
        Traits = new() { Fields = { ["plan"] = Value.ForString(plan) } },
    });

    // What happens reaches Enrollment by comparison only.
    async Task CutOffAsync(Func<DefinitionBeside, Task> work)
    {
        await definition.DisposeAsync();
        await using (var cutOff = await DefinitionBeside.StartAsync(service, reachesEnrollment: false))
            await work(cutOff);
        definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
    }

    // What came after the backup is gone, and it takes a moment until somebody decides again.
    async Task RestoreAsync(string journey, int changeNo, string status, int version)
    {
        await QueryAsync<int>($"""
            alter table definition.version disable trigger version_is_immutable;
            delete from definition.move where journey_id = '{journey}' and change_no > {changeNo};
            delete from definition.version where journey_id = '{journey}' and version > {version};
            alter table definition.version enable trigger version_is_immutable;
            update definition.journey set change_no = {changeNo}, status = '{status}', version = {version} where site_id = @site returning 1
            """);
        service.Clock.Advance(TimeSpan.FromMinutes(5));
    }

    static Protos.Rule.V1.Rule Plan(string plan) =>
        JsonParser.Default.Parse<Protos.Rule.V1.Rule>($$$"""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "{{{plan}}}"}}""");

    async Task BackUpAsync(params string[] tables)
    {
        foreach (var table in tables)
        {
            await QueryAsync<int>($"""
                create table public.{table}_{site.Id:N} as select * from definition.{table} where site_id = @site;
                select 1
                """);
        }
    }

    async Task RestoreAsync(params string[] tables)
    {
        foreach (var table in tables.Reverse())
        {
            await QueryAsync<int>($"""
                set session_replication_role = replica;
                delete from definition.{table} where site_id = @site;
                select 1
                """);
        }


        foreach (var table in tables)
            await QueryAsync<int>($"insert into definition.{table} select * from public.{table}_{site.Id:N} returning 1");
        service.Clock.Advance(TimeSpan.FromMinutes(5));
    }

    Task<int> CountAsync(string kind) => QueryAsync<int>($"select count(*) from scheduler.job where site_id = @site and kind = '{kind}'");

    async Task<string> PublishAsync(string content, string more = "")
    {
        var design = JsonParser.Default.Parse<CreateJourneyRequest>(
            Designs.Row(more, Designs.Start, Designs.Content(content), Designs.End));
        design.Name = "Journey";
        var draft = await definition.JourneysOf(site).CreateJourneyAsync(design);
        return (await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = draft.Id })).Id;
    }

    async Task ChangeAsync(string journey, string content)
    {
        var change = JsonParser.Default.Parse<UpdateJourneyRequest>(Designs.Row("", Designs.Start, Designs.Content(content), Designs.End));
        change.Id = journey;
        await definition.JourneysOf(site).UpdateJourneyAsync(change);
    }

    async Task<IEnumerable<string>> JobsAsync() => (await scheduler.JobsOf(site).ListJobsAsync(new())).Jobs.Select(job => job.Kind.ToString().ToUpperInvariant());

    sealed class FailingCopy(ICopy copy, int after) : ICopy
    {
        int applied;

        public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) =>
            copy.FindAsync(keys, ct);

        public Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct) => copy.ListAsync(ct);

        public Task DistrustAsync(Guid siteId, Guid id, int number, CancellationToken ct) => copy.DistrustAsync(siteId, id, number, ct);

        public Task ApplyAsync(IMessage change, CancellationToken ct) =>
            ++applied > after ? throw new InvalidOperationException("This change cannot be applied now.") : copy.ApplyAsync(change, ct);
    }

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, new { site = site.Id });
    }
}
