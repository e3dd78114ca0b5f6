using System.Text.Json;
using Dapper;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>A day of a rule has 24 hours in PostgreSQL as in the engine, also when clocks change in the time zone of the session.</summary>
public sealed class SpanTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    // On every day of the year the clocks of Berlin are different from today's at the start of at least one of these spans.
    [Theory]
    [InlineData(90)]
    [InlineData(180)]
    [InlineData(270)]
    public async Task Spans_of_days_begin_at_the_same_moment_in_every_time_zone(int days)
    {
        var (site, now, span) = (service.NewSite(), DateTimeOffset.UtcNow, TimeSpan.FromDays(days));
        var people = new List<Person>();
        foreach (var (userId, at) in new[] { ("inside", now - span + TimeSpan.FromMinutes(30)), ("outside", now - span - TimeSpan.FromMinutes(30)) })
        {
            var traits = $$"""{"at": "{{at:O}}"}""";
            await site.IdentifyAsync(userId, traits: traits);
            await StoreEventAsync(site, userId, at);
            people.Add(new Person { UserId = userId, Traits = JsonElement.Parse(traits), Events = [new PersonEvent("seen", at, default, "")] });
        }

        var berlin = new NpgsqlConnectionStringBuilder(service.ConnectionString) { Timezone = "Europe/Berlin" };
        await using var source = NpgsqlDataSource.Create(berlin);
        await using var audiences = new AudienceQueries(source, Options.Create(new AudienceOptions()), TimeProvider.System);
        foreach (var rule in (Rule[])
        [
            new ConditionRule("traits.at", Operator.WithinLast, JsonSerializer.SerializeToElement($"{span.TotalSeconds}s")),
            new EventRule("seen", null, span, 1),
        ])
        {
            var matching = await audiences.ListAsync(site.Id, rule, _ => null, true, Guid.Empty, 10, CancellationToken.None);

            var byEngine = people.Where(person => RuleCompiler.Compile(rule)(new Facts(person, null, null, now))).Select(person => person.UserId);
            Assert.Equal(["inside"], byEngine);
            Assert.Equal(byEngine, matching.Select(profile => profile.UserId));
        }
    }

    async Task StoreEventAsync(TestSite site, string userId, DateTimeOffset at)
    {
        const string sql = """
            insert into enrollment.event (site_id, event_id, profile_id, name, occurred_at)
            select p.site_id, gen_random_uuid()::text, p.profile_id, 'seen', @at
            from enrollment.profile p
            where p.site_id = @Id and p.user_id = @userId
            """;
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { site.Id, userId, at });
    }
}
