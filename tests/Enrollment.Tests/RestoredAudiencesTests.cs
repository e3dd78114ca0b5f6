using Journeys.Copies;
using Journeys.Protos.Definition.V1;
using static Journeys.Enrollments.Tests.RestoredDefinition;
using Enrolled = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Audiences that Definition changes after a restore from a backup are followed, and sweeps wait until every copy is.</summary>
public sealed class RestoredAudiencesTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    RestoredDefinition restored = null!;

    TestSite Site => restored.Site;

    public async Task InitializeAsync() => restored = await RestoredDefinition.StartAsync(service);

    public async Task DisposeAsync() => await restored.DisposeAsync();

    [Fact]
    public async Task An_audience_at_the_revision_of_a_lost_one_is_followed()
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await restored.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await restored.CompareAsync();

        await restored.QueryAsync<int>("""
            update definition.audience set revision = 1 where site_id = @site;
            update definition.audience_change set revision = 1 where site_id = @site returning 1
            """);
        service.Clock.Advance(TimeSpan.FromMinutes(5));
        await restored.CutOffAsync(cutOff => cutOff.AudiencesOf(Site).UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("gold") }).ResponseAsync);
        await restored.CompareAsync();

        Assert.Equal(Plan("gold"), Protos.Rule.V1.Rule.Parser.ParseFrom(await restored.QueryAsync<byte[]>("select rule from enrollment.audience where site_id = @site")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_audience_that_is_set_back_is_swept_for_once_more_also_when_a_crash_comes_between(bool crashes)
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("free") });
        await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await restored.CompareAsync();
        await restored.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("gold") });
        await restored.CompareAsync();
        await restored.BackUpAsync("audience", "audience_change");
        await restored.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await restored.CompareAsync();
        var before = await restored.CountAsync("AUDIENCE_SWEEP");

        await restored.RestoreAsync("audience", "audience_change");
        if (crashes)
        {
            var (copy, key) = (restored.Scheduler.Get<ICopy>(), (Site.Id, Guid.Parse(audience.Id)));
            var known = (await copy.FindAsync([key], CancellationToken.None))[key];
            await copy.DistrustAsync(key.Id, key.Item2, 3, known.Time, CancellationToken.None);
        }

        await restored.CompareAsync();
        await restored.CompareAsync();

        Assert.Equal(before + 1, await restored.CountAsync("AUDIENCE_SWEEP"));
        var rule = await restored.QueryAsync<byte[]>("select rule from enrollment.audience where site_id = @site");
        Assert.Equal(Plan("gold"), Protos.Rule.V1.Rule.Parser.ParseFrom(rule));
    }

    // The Scheduler is set back first, and its sweep may not ask the audience that was lost.
    [Fact]
    public async Task A_sweep_that_follows_a_restore_waits_until_Enrollment_is_set_back_too()
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = Guid.Parse(await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\","));
        await restored.CompareAsync();
        await restored.BackUpAsync("audience", "audience_change");
        await restored.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await restored.CompareAsync();
        await restored.Scheduler.PumpAsync();
        foreach (var plan in (string[])["gold", "lost"])
            await restored.KnowAsync(plan, plan);

        await restored.RestoreAsync("audience", "audience_change");
        await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await restored.Scheduler.SendAsync();
        await restored.Scheduler.SendAsync();
        Assert.Empty(await Site.EnrollmentsAsync(journey));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await restored.Scheduler.PumpAsync();
        Assert.Equal("gold", Assert.Single(await Site.EnrollmentsAsync(journey)).UserId);
    }

    // The change has the number of the lost one, and the Scheduler hears of it by message.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sweep_for_an_audience_that_changed_after_a_restore_waits_until_Enrollment_is_set_back(bool isSchedulerSetBack)
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = Guid.Parse(await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\","));
        await restored.CompareAsync();
        await restored.BackUpAsync("audience", "audience_change");
        await restored.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Plan("lost") });
        await restored.CompareAsync();
        await restored.Scheduler.PumpAsync();
        foreach (var plan in (string[])["gold", "lost", "new"])
            await restored.KnowAsync(plan, plan);

        await restored.RestoreAsync("audience", "audience_change");
        if (isSchedulerSetBack)
            await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        var change = new UpdateAudienceRequest { Id = audience.Id, Rule = Plan("new") };
        await restored.CutOffAsync(cutOff => cutOff.AudiencesOf(Site).UpdateAudienceAsync(change).ResponseAsync);
        await restored.TellSchedulerAsync(audience.Id, afterNumber: 1);
        await restored.Scheduler.SendAsync();
        await restored.Scheduler.SendAsync();
        Assert.Empty(await Site.EnrollmentsAsync(journey));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await restored.Scheduler.PumpAsync();
        Assert.Equal("new", Assert.Single(await Site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task A_sweep_for_a_version_that_was_published_after_a_restore_waits_until_Enrollment_is_set_back()
    {
        var audience = await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = Plan("gold") });
        var journey = await restored.PublishAsync("one", $"\"autoEnroll\": true, \"audienceId\": \"{audience.Id}\",");
        await restored.ChangeAsync(journey, "lost");
        await restored.Journeys.PublishJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        await restored.Scheduler.PumpAsync();
        await restored.KnowAsync("u1", "gold");

        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await restored.ChangeAsync(journey, "new");
        await restored.CutOffAsync(cutOff => cutOff.JourneysOf(Site).PublishJourneyAsync(new() { Id = journey }).ResponseAsync);
        await restored.TellSchedulerAsync(journey, afterNumber: 1);
        await restored.Scheduler.SendAsync();
        await restored.Scheduler.SendAsync();
        Assert.Empty(await Site.EnrollmentsAsync(Guid.Parse(journey)));

        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await restored.Scheduler.PumpAsync();
        Assert.Equal(Enrolled.Completed, (await Site.ReportAsync(Guid.Parse(journey), "u1", "new")).Enrollment.Status);
    }
}
