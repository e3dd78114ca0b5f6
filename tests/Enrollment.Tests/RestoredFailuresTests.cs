using Journeys.Copies;

namespace Journeys.Enrollments.Tests;

/// <summary>What fails or crashes while the copies follow a restored Definition is made up for.</summary>
public sealed class RestoredFailuresTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    RestoredDefinition restored = null!;

    public async Task InitializeAsync() => restored = await RestoredDefinition.StartAsync(service);

    public async Task DisposeAsync() => await restored.DisposeAsync();

    [Fact]
    public async Task What_a_failure_keeps_from_being_applied_again_is_applied_later()
    {
        await LoseAsync();

        await restored.CompareAsync(copy => new BrokenCopy(copy, after: 1, forGood: false));
        await restored.CompareAsync();

        await CheckAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task What_a_crash_keeps_from_being_applied_again_is_applied_after_it(int after)
    {
        await LoseAsync();

        await restored.CrashAsync(after);
        Assert.Equal((1, 1), await DistrustedAsync());
        await restored.CompareAsync();

        await CheckAsync();
        Assert.Equal((0, 0), await DistrustedAsync());
    }

    [Fact]
    public async Task Who_has_begun_later_ends_the_distrust()
    {
        await restored.PublishAsync("one");
        await restored.CompareAsync();
        var journey = await restored.QueryAsync<Guid>("select journey_id from enrollment.journey where site_id = @site");
        foreach (var copy in (ICopy[])[service.Get<ICopy>(), restored.Scheduler.Get<ICopy>()])
        {
            var own = (await copy.FindAsync([(restored.Site.Id, journey)], CancellationToken.None))[(restored.Site.Id, journey)];
            var first = await copy.DistrustAsync(restored.Site.Id, journey, own.Number, own.Time, CancellationToken.None);
            await copy.DistrustAsync(restored.Site.Id, journey, 0, at: null, CancellationToken.None);

            await copy.TrustAsync(restored.Site.Id, journey, first!.Value, CancellationToken.None);
        }

        Assert.Equal((1, 1), await DistrustedAsync());
        await restored.CompareAsync();
        Assert.Equal((0, 0), await DistrustedAsync());
    }

    // After a restore Definition gives the number of a lost change to another one. Another replica may have applied that
    // already, or it arrived as news.
    [Fact]
    public async Task A_copy_that_has_another_change_of_the_same_number_by_now_is_not_distrusted()
    {
        var audience = Guid.Parse((await restored.Audiences.CreateAudienceAsync(new() { Name = "A", Rule = new() { Event = new() { Name = "e" } } })).Id);
        await restored.PublishAsync("one");
        await restored.CompareAsync();
        var journey = await restored.QueryAsync<Guid>("select journey_id from enrollment.journey where site_id = @site");
        await restored.Site.HaltAsync();
        foreach (var copy in (ICopy[])[service.Get<ICopy>(), restored.Scheduler.Get<ICopy>()])
        {
            (Guid SiteId, Guid Id)[] keys = [(restored.Site.Id, journey), (restored.Site.Id, audience), (restored.Site.Id, restored.Site.Id)];
            var before = await copy.FindAsync(keys, CancellationToken.None);
            Assert.True(before.Count >= 2);

            foreach (var ((siteId, id), own) in before)
                Assert.Null(await copy.DistrustAsync(siteId, id, own.Number, own.Time!.Value.AddSeconds(-1), CancellationToken.None));

            Assert.Equal(before, await copy.FindAsync(keys, CancellationToken.None));
        }
    }

    [Fact]
    public async Task What_failed_first_is_logged_although_the_database_fails_again()
    {
        await LoseAsync();

        var lines = await restored.CrashAsync(after: 1);

        Assert.Equal([BrokenCopy.First, BrokenCopy.First], lines.Failures.Select(failure => failure.Message));
    }

    // The copies know a pause that Definition has lost, and have missed all that it did since, an archiving among it.
    async Task LoseAsync()
    {
        var journey = await restored.PublishAsync("one");
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        await restored.Journeys.PauseJourneyAsync(new() { Id = journey });
        await restored.CompareAsync();
        await restored.RestoreAsync(journey, changeNo: 1, "PUBLISHED", version: 1);
        await restored.CutOffAsync(async cutOff =>
        {
            var journeys = cutOff.JourneysOf(restored.Site);
            await journeys.ArchiveJourneyAsync(new() { Id = journey });
            await journeys.RestoreJourneyAsync(new() { Id = journey });
        });
    }

    Task<(int Enrollment, int Scheduler)> DistrustedAsync() => restored.QueryAsync<(int, int)>("""
        select (select count(*)::integer from enrollment.journey where site_id = @site and distrust is not null),
               (select count(*)::integer from scheduler.journey where site_id = @site and distrust is not null)
        """);

    async Task CheckAsync()
    {
        Assert.Equal((3, "DRAFT", 1), await restored.QueryAsync<(int, string, int)>(
            "select change_no, status, archived_version from enrollment.journey where site_id = @site"));
        Assert.Equal((3, "DRAFT", 1), await restored.QueryAsync<(int, string, int)>(
            "select change_no, status, version from scheduler.journey where site_id = @site"));
        Assert.Equal(1, await restored.CountAsync("ARCHIVE"));
        Assert.Equal(0, await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
        Assert.Equal(0, await restored.Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None));
    }
}
