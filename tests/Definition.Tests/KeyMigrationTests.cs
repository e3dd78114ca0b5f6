using Dapper;
using Journeys.BuildingBlocks.Databases;

namespace Journeys.Definitions.Tests;

/// <summary>What was there before keys gets one from its name, and what an older release adds gets one of its own.</summary>
public sealed class KeyMigrationTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task What_is_there_is_called_by_its_name_and_of_several_the_oldest_has_it_alone()
    {
        var ids = new List<string>();
        foreach (var name in (string[])["Welcome, all!", "welcome all", "日本", new('x', 255)])
            ids.Add((await author.Journeys.CreateJourneyAsync(Designs.Simple(name))).Id);
        var audience = await author.AudienceAsync("Pro users");

        await using var connection = await definition.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("alter table definition.journey drop column key; alter table definition.audience drop column key");
        await connection.ExecuteAsync(
            MigrationScript.ReadAll(typeof(DefinitionApp).Assembly, "definition", outbox: false).Single(script => script.Name == "0006_call_by_key.sql").Sql);
        await connection.ExecuteAsync(
            """
            insert into definition.journey (site_id, journey_id, status, draft, name, nodes, edges, created_at, updated_at)
            select @SiteId, gen_random_uuid(), 'DRAFT', '', 'By an older release', 0, 0, now(), now() from generate_series(1, 2)
            """,
            new { author.SiteId });

        var keys = new List<string>();
        foreach (var id in ids)
            keys.Add((await author.GetAsync(id)).Key);
        Assert.Equal(["welcome-all", $"welcome-all-{ids[1].Replace("-", "", StringComparison.Ordinal)[^12..]}", "journey", new('x', 48)], keys);
        Assert.Equal("pro-users", (await author.Audiences.GetAudienceAsync(new() { Id = audience.Id })).Key);
        Assert.Equal(6, (await author.Journeys.ListJourneysAsync(new())).Journeys.Select(journey => journey.Key).Distinct().Count());
    }
}
