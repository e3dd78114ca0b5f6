using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Tests;

/// <summary>Rules that count events cost as much for somebody who did a lot as for anybody else.</summary>
public sealed class EventCountTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Many = 20_000;

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(3, null, null, true)]
    [InlineData(1_000, null, null, true)]
    [InlineData(3, 60, null, true)]
    [InlineData(4, 60, null, false)]
    [InlineData(2, null, "rare", true)]
    [InlineData(3, null, "rare", false)]
    [InlineData(1, 60, "rare", false)]
    public async Task Only_what_a_rule_asks_for_is_loaded(int atLeast, int? withinSeconds, string? kind, bool expected)
    {
        await FillAsync("u1");
        var where = kind is null ? null : new ConditionRule("properties.kind", Operator.Eq, System.Text.Json.JsonSerializer.SerializeToElement(kind));
        var rule = new EventRule("seen", where, withinSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, atLeast);

        var person = await service.Database.InTransactionAsync(
            async transaction =>
            {
                var profile = await ProfileStore.LockAsync(transaction, new(site.Id, "u1", ""), service.Clock.GetUtcNow(), CancellationToken.None);
                var people = await service.Get<PersonFacts>().LoadAsync(transaction, site.Id, [profile], RuleNeeds.Of(rule), effort: null, CancellationToken.None);
                return people[profile.ProfileId];
            },
            CancellationToken.None);

        Assert.Equal(expected, RuleCompiler.Compile(rule)(new Facts(person, null, null, service.Clock.GetUtcNow())));
        Assert.InRange(person.Counted!.Values.Sum(times => times.Length), 0, atLeast);
        Assert.Empty(person.Events);
    }

    [Fact]
    public async Task An_audience_counts_what_was_done_in_the_same_call_and_says_how_often_it_was_done()
    {
        var audience = await site.AudienceAsync("""{"event": {"name": "paid", "atLeast": 3, "within": "86400s"} }""");
        var journeyId = await site.PublishAsync($$$"""
            {"audienceId": "{{{audience}}}", "autoEnroll": true, "graph": {
              "nodes": [{"id": "start", "trigger": {"manual": {} } }, {"id": "rest", "wait": {"duration": "60s"} }, {"id": "end", "exit": {"outcome": "done"} }],
              "edges": [{"id": "e1", "source": "start", "target": "rest"}, {"id": "e2", "source": "rest", "target": "end"}]} }
            """);

        await site.DoAsync("u1", "paid", "paid");
        var why = await site.Enrollments.ExplainUserAsync(new() { JourneyId = journeyId.ToString(), UserId = "u1" });
        await site.DoAsync("u1", "other", "paid");

        Assert.Contains("(it happened 2 times)", why.Summary, StringComparison.Ordinal);
        Assert.Single(await site.EnrollmentsAsync(journeyId));
    }

    // The newest three happened within the last minute, two long ago were of a rare kind.
    async Task FillAsync(string userId)
    {
        const string sql = """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, occurred_at)
            select @siteId, 'e' || n, profile_id, 'seen', jsonb_build_object('kind', case when n in (9000, 9001) then 'rare' else 'common' end),
                   @now - case when n <= 3 then interval '1 second' * n else interval '1 hour' + interval '1 second' * n end
            from generate_series(1, @many) as n, enrollment.profile
            where site_id = @siteId and user_id = @userId
            """;

        await site.IdentifyAsync(userId);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { siteId = site.Id, userId, now = service.Clock.GetUtcNow().UtcDateTime, many = Many });
    }
}
