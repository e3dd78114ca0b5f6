using Dapper;
using Google.Protobuf;
using Journeys.Copies;
using Journeys.Protos.Definition.V1;
using Journeys.Testing;
using Microsoft.Extensions.Options;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// Definition answers about some journeys too slowly, or fails: the others are compared, and the log says how many are missing.
/// </summary>
public sealed class SlowDefinitionTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    readonly TestSite site = service.NewSite();
    readonly Lines<CompareWithDefinition> lines = new();
    readonly Lines<CompareAtStart> atStart = new();
    readonly HashSet<string> slow = [];
    readonly HashSet<string> broken = [];
    DefinitionBeside definition = null!;
    SlowAbout way = null!;
    CompareWithDefinition compare = null!;

    public async Task InitializeAsync()
    {
        definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        way = new SlowAbout(service.Get<ChangeService.ChangeServiceClient>(), slow, broken);
        compare = new CompareWithDefinition(
            way, service.Get<ICopy>(), Options.Create(new CopyOptions()), service.Get<Divergence>(), service.Clock, lines);
    }

    // What one test has lost, the next one must not find.
    public async Task DisposeAsync()
    {
        await ExecuteAsync("update enrollment.journey set status = 'DRAFT' where site_id = @site");
        await definition.DisposeAsync();
    }

    [Fact]
    public async Task Lost_journeys_that_are_answered_too_slowly_keep_none_behind_them_from_being_missed()
    {
        var journeys = await LoseAsync(5);
        slow.UnionWith(journeys[..4]);

        await compare.RunOnceAsync(CancellationToken.None);
        Assert.DoesNotContain(journeys[4], way.Asked);
        await compare.RunOnceAsync(CancellationToken.None);

        Assert.Contains(lines.All, line => line.StartsWith("Definition does not know 1 published", StringComparison.Ordinal));
        Assert.All(journeys, journey => Assert.Contains(journey, way.Asked));
    }

    [Fact]
    public async Task A_lost_journey_that_is_answered_too_slowly_is_counted_among_those_that_could_not_be_compared()
    {
        slow.UnionWith(await LoseAsync(1));

        await compare.RunOnceAsync(CancellationToken.None);

        Assert.Equal(
            "Definition does not answer (DeadlineExceeded), so 1 of all journeys and audiences could not be compared", lines.All[^1]);
    }

    [Fact]
    public async Task A_failure_is_an_answer_too_so_that_slow_ones_around_it_do_not_count_as_three_in_a_row()
    {
        var journeys = await LoseAsync(5);
        slow.UnionWith([journeys[0], journeys[1], journeys[3]]);
        broken.Add(journeys[2]);

        await compare.RunOnceAsync(CancellationToken.None);

        Assert.Equal(journeys, way.Asked.Where(journeys.Contains));
    }

    [Fact]
    public async Task A_journey_that_was_slow_before_it_was_lost_is_left_as_it_is()
    {
        var journey = await PublishAsync(definition);
        await using var cutOff = await CutOffAsync();
        await cutOff.JourneysOf(site).PauseJourneyAsync(new() { Id = journey });
        slow.Add(journey);
        await compare.RunOnceAsync(CancellationToken.None);
        slow.Clear();
        await ForgetAsync();

        await compare.RunOnceAsync(CancellationToken.None);

        var known = await service.Get<ICopy>().FindAsync([(site.Id, Guid.Parse(journey))], CancellationToken.None);
        Assert.Equal(1, Assert.Single(known).Value.Number);
        Assert.Contains(lines.All, line => line.StartsWith("Definition does not know 1 published", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_compared_at_the_start_is_not_compared_again_because_of_one_that_is_slow()
    {
        await using var cutOff = await CutOffAsync();
        var (late, sound) = (await PublishAsync(cutOff), await PublishAsync(cutOff));
        slow.Add(late);

        var start = StartAsync(patienceSeconds: 3_600);
        await Eventually.True(
            () =>
            {
                service.Clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(way.Asked.Count(id => id == late) > 2);
            },
            "it to be tried again");
        Assert.Equal((1, 1), (way.Listings, way.Asked.Count(id => id == sound)));
        slow.Clear();
        await Eventually.True(
            () =>
            {
                service.Clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(start.IsCompleted);
            },
            "the start to end");

        await start;
        Assert.Equal(1, way.Listings);
        Assert.Equal(2, (await ListAsync()).Count(key => key == late || key == sound));
        Assert.Empty(atStart.All);
    }

    [Theory]
    [InlineData(1, "1 of all journeys and audiences")]
    [InlineData(4, "journeys and audiences")]
    public async Task The_start_says_of_how_many_the_service_may_know_too_little(int count, string what)
    {
        await using var cutOff = await CutOffAsync();
        for (var journey = 0; journey < count; journey++)
            slow.Add(await PublishAsync(cutOff));

        await StartAsync(patienceSeconds: 0);

        Assert.Equal(
            $"Definition does not answer (DeadlineExceeded): of {what}, this service may know only what it knew when it stopped",
            Assert.Single(atStart.All));
    }

    Task StartAsync(int patienceSeconds) =>
        new CompareAtStart(compare, Options.Create(new CopyOptions { WaitAtStartSeconds = patienceSeconds }), service.Clock, atStart)
            .StartAsync(CancellationToken.None);

    // What happens reaches Enrollment by comparison only.
    async Task<DefinitionBeside> CutOffAsync()
    {
        await definition.DisposeAsync();
        return await DefinitionBeside.StartAsync(service, reachesEnrollment: false);
    }

    // In the order in which the comparison asks for them.
    async Task<List<string>> LoseAsync(int count)
    {
        var lost = new HashSet<string>();
        while (lost.Count < count)
            lost.Add(await PublishAsync(definition));
        await ForgetAsync();
        return [.. (await ListAsync()).Where(lost.Contains)];
    }

    Task ForgetAsync() => ExecuteAsync("""
        set session_replication_role = replica;
        delete from definition.move where site_id = @site;
        delete from definition.version where site_id = @site;
        delete from definition.journey where site_id = @site;
        reset session_replication_role
        """);

    async Task<IEnumerable<string>> ListAsync() =>
        (await service.Get<ICopy>().ListAsync(CancellationToken.None)).Select(key => $"{key.Id}");

    async Task<string> PublishAsync(DefinitionBeside at)
    {
        var design = JsonParser.Default.Parse<CreateJourneyRequest>(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        design.Name = "Journey";
        var draft = await at.JourneysOf(site).CreateJourneyAsync(design);
        return (await at.JourneysOf(site).PublishJourneyAsync(new() { Id = draft.Id })).Id;
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { site = site.Id });
    }
}
