using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Tests;

/// <summary>What a site may have is counted exactly, also when several create at once. Rows that fill a site up are put there directly.</summary>
public sealed class QuotaTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task A_site_has_so_many_journeys_and_not_one_more_however_many_are_created_at_once()
    {
        const string sql = """
            insert into definition.journey (site_id, journey_id, status, draft, name, nodes, edges, created_at, updated_at)
            select @SiteId, gen_random_uuid(), 'ARCHIVED', '', 'Filler', 0, 0, now(), now() from generate_series(1, 1998)
            """;
        await ExecuteAsync(sql);

        var outcomes = await RaceAsync(5, n => author.Journeys.CreateJourneyAsync(Designs.Simple($"New {n}")));

        Assert.Equal(["", "", "TOO_MANY_JOURNEYS", "TOO_MANY_JOURNEYS", "TOO_MANY_JOURNEYS"], outcomes);
        var journey = (await author.Journeys.ListJourneysAsync(new())).Journeys[0];
        await Refusal.With(StatusCode.FailedPrecondition, "TOO_MANY_JOURNEYS", author.Journeys.CloneJourneyAsync(new() { Id = journey.Id }));
        await author.Journeys.DeleteJourneyAsync(new() { Id = journey.Id });
        await author.Journeys.CreateJourneyAsync(Designs.Simple());
        await definition.NewSite().Journeys.CreateJourneyAsync(Designs.Simple());
    }

    [Fact]
    public async Task A_site_has_so_many_audiences_and_not_one_more_however_many_are_created_at_once()
    {
        var first = await author.AudienceAsync("First");
        const string sql = """
            insert into definition.audience (site_id, audience_id, name, rule, created_at, updated_at)
            select site_id, gen_random_uuid(), 'Filler ' || n, rule, now(), now() from definition.audience, generate_series(1, 997) as n where site_id = @SiteId
            """;
        await ExecuteAsync(sql);

        var outcomes = await RaceAsync(4, n => author.Audiences.CreateAudienceAsync(new() { Name = $"New {n}", Rule = Designs.Plan("pro") }));

        Assert.Equal(["", "", "TOO_MANY_AUDIENCES", "TOO_MANY_AUDIENCES"], outcomes);
        await author.Audiences.UpdateAudienceAsync(new() { Id = first.Id, Rule = Designs.Plan("max") });
    }

    [Fact]
    public async Task The_rules_of_a_sites_audiences_are_bounded_in_bytes()
    {
        var first = await author.AudienceAsync("First");
        const string sql = """
            insert into definition.audience (site_id, audience_id, name, rule, created_at, updated_at)
            select @SiteId, gen_random_uuid(), 'Large', @rule, now(), now()
            """;
        var large = Designs.Plan(new string('x', 8 * 1024 * 1024)).ToByteArray();
        await ExecuteAsync(sql, large);

        await Refusal.With(StatusCode.FailedPrecondition, "AUDIENCES_TOO_LARGE", author.Audiences.CreateAudienceAsync(new() { Name = "New", Rule = Designs.Plan("pro") }));
        await Refusal.With(StatusCode.FailedPrecondition, "AUDIENCES_TOO_LARGE", author.Audiences.UpdateAudienceAsync(new() { Id = first.Id, Rule = Designs.Plan("max") }));
        await author.Audiences.UpdateAudienceAsync(new() { Id = first.Id, Name = "Renamed" });
    }

    [Fact]
    public async Task A_journey_has_so_many_versions()
    {
        var journey = await author.JourneyAsync(Journey.Types.Status.Published);
        await ExecuteAsync("update definition.journey set version = 1000 where site_id = @SiteId");

        await Refusal.With(StatusCode.FailedPrecondition, "TOO_MANY_VERSIONS", author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }));
    }

    [Fact]
    public async Task What_a_site_has_published_is_bounded_in_bytes_and_smaller_versions_make_room()
    {
        const string sql = """
            insert into definition.version (site_id, journey_id, version, design, nodes, edges, publisher, published_at)
            select site_id, journey_id, 2, convert_to(repeat('x', 24 * 1024 * 1024), 'UTF8'), 0, 0, 'test', now() from definition.journey where site_id = @SiteId;
            update definition.journey set version = 2 where site_id = @SiteId
            """;
        var large = await author.JourneyAsync(Journey.Types.Status.Published);
        await ExecuteAsync(sql);
        var journey = await author.JourneyAsync();

        await Refusal.With(StatusCode.FailedPrecondition, "TOO_MUCH_PUBLISHED", author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }));
        await author.Journeys.PublishJourneyAsync(new() { Id = large.Id });
        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });
    }

    async Task ExecuteAsync(string sql, byte[]? rule = null)
    {
        await using var connection = await definition.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { author.SiteId, rule = rule ?? [] });
    }

    // The reasons of the refusals, in order; empty for success.
    static async Task<IEnumerable<string>> RaceAsync<T>(int count, Func<int, AsyncUnaryCall<T>> create)
    {
        var calls = Enumerable.Range(0, count).Select(create).ToList();
        var outcomes = new List<string>();
        foreach (var call in calls)
            outcomes.Add(await call.ResponseAsync.ContinueWith(done => done.IsCompletedSuccessfully, TaskScheduler.Default) ? "" : (await Refusal.Of(call)).Reason);
        return outcomes.Order(StringComparer.Ordinal);
    }
}
