using Journeys.Copies;
using Journeys.Definitions.Lifecycle;
using static Journeys.Enrollments.Tests.RestoredDefinition;
using Enrolled = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Halts that Definition has lost with a restore from a backup are lifted.</summary>
public sealed class RestoredHaltsTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    RestoredDefinition restored = null!;

    TestSite Site => restored.Site;

    public async Task InitializeAsync() => restored = await RestoredDefinition.StartAsync(service);

    public async Task DisposeAsync() => await restored.DisposeAsync();

    [Fact]
    public async Task A_site_whose_halt_was_lost_releases_what_was_held_and_sweeps_once_more()
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await restored.CompareAsync();
        await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "why", CancellationToken.None);
        await restored.Definition.Get<ResumeSite>().HandleAsync(Site.Id, "admin", CancellationToken.None);
        await restored.CompareAsync();
        await restored.BackUpAsync("site_halt");
        await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "lost", CancellationToken.None);
        await restored.CompareAsync();
        var before = (await restored.CountAsync("RELEASE"), await restored.CountAsync("AUDIENCE_SWEEP"));

        await restored.RestoreAsync("site_halt");
        await restored.CompareAsync();
        await restored.CompareAsync();

        Assert.Equal((before.Item1 + 1, before.Item2 + 1), (await restored.CountAsync("RELEASE"), await restored.CountAsync("AUDIENCE_SWEEP")));
    }

    [Fact]
    public async Task A_halt_that_Definition_does_not_know_any_more_is_lifted_and_what_was_held_goes_on()
    {
        var journey = await restored.PublishAsync("one");
        await Site.EnterAsync(Guid.Parse(journey), "u1");
        await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "why", CancellationToken.None);
        await restored.CompareAsync();
        Assert.True((await Site.ReportAsync(Guid.Parse(journey), "u1", "one")).Held);

        await restored.QueryAsync<int>("delete from definition.site_halt where site_id = @site returning 1");
        await restored.CompareAsync();
        await restored.Scheduler.PumpAsync();

        Assert.Equal("PUBLISHED", await restored.QueryAsync<string>("select status from enrollment.journey where site_id = @site"));
        Assert.Equal(["RELEASE"], await restored.JobsAsync());
        Assert.Equal(Enrolled.Completed, Assert.Single(await Site.EnrollmentsAsync(Guid.Parse(journey))).Status);
        Assert.Equal("PUBLISHED", await restored.QueryAsync<string>("select status from scheduler.journey where site_id = @site"));

        await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "again", CancellationToken.None);
        await restored.CompareAsync();
        Assert.Equal(("PAUSED", "PAUSED"), await restored.QueryAsync<(string, string)>(
            "select e.status, s.status from enrollment.journey as e join scheduler.journey as s using (site_id, journey_id) where site_id = @site"));
    }

    // The Scheduler heard of the lost halt and lifts it as number 0. Enrollment has no row, or an older one.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Jobs_wait_for_no_halt_that_Enrollment_never_heard_of(bool wasHaltedBefore)
    {
        await restored.PublishAsync("one");
        if (wasHaltedBefore)
        {
            await restored.Definition.Get<HaltSite>().HandleAsync(Site.Id, "admin", "why", CancellationToken.None);
            await restored.Definition.Get<ResumeSite>().HandleAsync(Site.Id, "admin", CancellationToken.None);
        }

        await restored.CompareAsync();
        await restored.CutOffAsync(cutOff => cutOff.Get<HaltSite>().HandleAsync(Site.Id, "admin", "lost", CancellationToken.None));
        await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);

        await restored.QueryAsync<int>("delete from definition.site_halt where site_id = @site returning 1");
        await restored.CompareAsync();
        for (var round = 0; round < 3; round++)
            await restored.Scheduler.SendAsync();

        Assert.NotEmpty(await restored.JobsAsync());
        Assert.Equal(0, await restored.QueryAsync<int>("select count(*) from scheduler.job where site_id = @site and status <> 'COMPLETED'"));
    }
}
