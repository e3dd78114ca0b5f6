using Journeys.Copies;
using Journeys.Definitions.Lifecycle;
using Journeys.Enrollments.Repair;
using static Journeys.Enrollments.Tests.RestoredDefinition;
using Enrolled = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Moves and versions that Definition makes after a restore from a backup are followed, although their numbers were seen before.</summary>
public sealed class RestoredMovesTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    RestoredDefinition restored = null!;

    TestSite Site => restored.Site;

    public async Task InitializeAsync() => restored = await RestoredDefinition.StartAsync(service);

    public async Task DisposeAsync() => await restored.DisposeAsync();

    [Fact]
    public async Task A_move_that_has_the_number_of_a_lost_one_is_followed()
    {
        var journey = await restored.PublishAsync("one");
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();

        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await restored.CutOffAsync(cutOff => cutOff.JourneysOf(Site).ArchiveJourneyAsync(new() { Id = journey }).ResponseAsync);
        await restored.CompareAsync();

        Assert.Equal((2, "ARCHIVED", 1), await restored.QueryAsync<(int, string, int)>(
            "select change_no, status, archived_version from enrollment.journey where site_id = @site"));
        Assert.Equal((2, "ARCHIVED"), await restored.QueryAsync<(int, string)>("select change_no, status from scheduler.journey where site_id = @site"));
        Assert.Equal(["ARCHIVE"], await restored.JobsAsync());
    }

    [Fact]
    public async Task A_move_that_has_the_number_of_a_lost_one_of_its_kind_starts_its_job()
    {
        var journey = await restored.PublishAsync("one");
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.Journeys.ResumeJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        Assert.Equal(["RELEASE"], await restored.JobsAsync());

        await restored.RestoreAsync(journey, changeNo: 2, "PAUSED", version: 1);
        await restored.CutOffAsync(cutOff => cutOff.JourneysOf(Site).ResumeJourneyAsync(new() { Id = journey }).ResponseAsync);
        await restored.CompareAsync();

        Assert.Equal(["RELEASE", "RELEASE"], await restored.JobsAsync());
    }

    [Fact]
    public async Task A_move_that_a_replica_of_the_release_before_took_over_is_no_lost_one()
    {
        var journey = await restored.PublishAsync("one");
        await restored.CompareAsync();

        await restored.CutOffAsync(cutOff => cutOff.JourneysOf(Site).PauseJourneyAsync(new() { Id = journey }).ResponseAsync);
        foreach (var schema in (string[])["enrollment", "scheduler"])
            await restored.QueryAsync<int>($"update {schema}.journey set change_no = 2, status = 'PAUSED' where site_id = @site returning 1");

        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
        Assert.Equal(0, await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_archiving_archives_nobody_any_more(bool isTold)
    {
        var journey = await restored.PublishAsync("one");
        await restored.Journeys.ArchiveJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        await restored.Scheduler.PumpAsync();

        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await (isTold ? MoveAsync(restored.Definition) : restored.CutOffAsync(MoveAsync));
        await restored.CompareAsync();
        await Site.EnterAsync(Guid.Parse(journey), "u1");
        service.Clock.Advance(TimeSpan.FromMinutes(2));
        await service.Get<FinishArchiving>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(Enrolled.Active, Assert.Single(await Site.EnrollmentsAsync(Guid.Parse(journey))).Status);
        Assert.Equal(0, await restored.QueryAsync<int>("select archived_version from enrollment.journey where site_id = @site"));

        async Task MoveAsync(DefinitionBeside at)
        {
            await at.JourneysOf(Site).PauseJourneyAsync(new() { Id = journey });
            await at.JourneysOf(Site).ResumeJourneyAsync(new() { Id = journey });
        }
    }

    [Fact]
    public async Task Nobody_enters_a_lost_version_any_more_and_who_is_inside_walks_it_to_its_end()
    {
        var journey = await restored.PublishAsync("one");
        await restored.ChangeAsync(journey, "two");
        await restored.Journeys.PublishJourneyAsync(new() { Id = journey });
        await Site.EnterAsync(Guid.Parse(journey), "inside");
        await restored.CompareAsync();

        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await restored.CompareAsync();
        await Site.EnterAsync(Guid.Parse(journey), "later");

        Assert.Equal(Enrolled.Completed, (await Site.ReportAsync(Guid.Parse(journey), "later", "one")).Enrollment.Status);
        Assert.Equal(Enrolled.Completed, (await Site.ReportAsync(Guid.Parse(journey), "inside", "two")).Enrollment.Status);
        Assert.Equal(1, await restored.QueryAsync<int>("select version from scheduler.journey where site_id = @site"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_that_has_the_number_of_a_lost_one_is_the_one_that_people_walk(bool isTold)
    {
        var journey = await restored.PublishAsync("one");
        await restored.ChangeAsync(journey, "lost");
        await restored.Journeys.PublishJourneyAsync(new() { Id = journey });
        await Site.EnterAsync(Guid.Parse(journey), "u1");
        await restored.CompareAsync();

        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await restored.ChangeAsync(journey, "mended");
        Task AgainAsync(DefinitionBeside at) => at.JourneysOf(Site).PublishJourneyAsync(new() { Id = journey }).ResponseAsync;
        await (isTold ? AgainAsync(restored.Definition) : restored.CutOffAsync(AgainAsync));
        await restored.CompareAsync();
        await Site.EnterAsync(Guid.Parse(journey), "u2");

        Assert.Equal(Enrolled.Completed, (await Site.ReportAsync(Guid.Parse(journey), "u2", "mended")).Enrollment.Status);
        await Site.ReportAsync(Guid.Parse(journey), "u1", "lost");
        Assert.Equal("lost", await restored.QueryAsync<string>("select e.node_id from enrollment.set_aside join enrollment.enrollment as e using (site_id, enrollment_id) where site_id = @site"));
        Assert.True(await restored.QueryAsync<bool>("""
            select scheduled.published_at = version.published_at
            from scheduler.journey as scheduled join definition.version using (site_id, journey_id, version)
            where site_id = @site
            """));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_journey_whose_pause_was_lost_releases_what_was_held_and_sweeps_once_more(int? crashesAfter)
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        var journey = await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.Journeys.ResumeJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        var before = (await restored.CountAsync("RELEASE"), await restored.CountAsync("AUDIENCE_SWEEP"));

        await restored.RestoreAsync(journey, changeNo: 3, "PUBLISHED", version: 1);
        if (crashesAfter is { } after)
            await restored.CrashAsync(after);
        await restored.CompareAsync();
        await restored.CompareAsync();

        Assert.Equal((before.Item1 + 1, before.Item2 + 1), (await restored.CountAsync("RELEASE"), await restored.CountAsync("AUDIENCE_SWEEP")));
    }

    [Fact]
    public async Task Copies_that_are_the_same_stay_as_they_are()
    {
        var journey = await restored.PublishAsync("one");
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "why", CancellationToken.None);
        await restored.CompareAsync();

        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
        Assert.Equal(0, await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }

    // What was resumed or published in between would move people for a moment.
    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_journey_that_is_set_back_is_at_no_outdated_change_meanwhile(int? crashesAfter)
    {
        var journey = await restored.PublishAsync("one");
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.Journeys.ResumeJourneyAsync(new() { Id = journey });
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();

        await restored.RestoreAsync(journey, changeNo: 2, "PAUSED", version: 1);
        foreach (var schema in (string[])["enrollment", "scheduler"])
        {
            await restored.QueryAsync<int>($"""
                create function public.refuse_{schema}_{Site.Id:N}() returns trigger language plpgsql as $$ begin raise 'It was published for a moment.'; end $$;
                create trigger refuse_{Site.Id:N} before update on {schema}.journey for each row
                    when (new.journey_id = '{journey}' and new.status = 'PUBLISHED') execute function public.refuse_{schema}_{Site.Id:N}();
                select 1
                """);
        }

        if (crashesAfter is { } after)
            await restored.CrashAsync(after);
        await restored.CompareAsync();

        Assert.Equal((2, "PAUSED"), await restored.QueryAsync<(int, string)>("select change_no, status from enrollment.journey where site_id = @site"));
        Assert.Equal((2, "PAUSED"), await restored.QueryAsync<(int, string)>("select change_no, status from scheduler.journey where site_id = @site"));
    }
}
