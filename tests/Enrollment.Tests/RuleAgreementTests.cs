using CsCheck;
using Dapper;
using Google.Protobuf;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Tests;

/// <summary>The same rule gives the same answer when it is evaluated for one person in memory and for a million in SQL.</summary>
public sealed class RuleAgreementTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Populations = 5;
    const int PeopleEach = 120;
    const int RulesEach = 60;

    [Fact]
    public async Task The_delegate_and_the_sql_agree_on_every_person()
    {
        service.Clock.SetUtcNow(RandomPeople.Now);
        var pairs = 0;
        await Gen.Select(
                RandomPeople.People.Array[PeopleEach],
                RandomRules.AboutPeople().Array[1],
                RandomRules.AboutPeople(RandomRules.Audiences[0]).Array[1],
                RandomRules.AboutPeople(RandomRules.Audiences).Array[RulesEach])
            .SampleAsync(
                async (people, first, second, rules) =>
                {
                    var site = service.NewSite();
                    await AddAsync(site, people);
                    await site.AudienceAsync(JsonFormatter.Default.Format(first[0]), RandomRules.Audiences[0]);
                    await site.AudienceAsync(JsonFormatter.Default.Format(second[0]), RandomRules.Audiences[1]);
                    foreach (var rule in rules)
                        Interlocked.Add(ref pairs, await CompareAsync(site, RuleReader.Read(rule)!));
                },
                print: _ => "", iter: Populations, threads: 1);

        Assert.True(pairs >= 10_000, $"Only {pairs} pairs of a rule and a person were compared.");
    }

    async Task<int> CompareAsync(TestSite site, Rule rule)
    {
        Assert.Empty(RuleValidator.Validate(rule, RuleScope.Person, "rule"));
        var catalog = await service.Get<JourneyCatalog>().OfAsync(site.Id, CancellationToken.None);
        var store = service.Get<AudienceQueries>();
        var findRule = (Guid id) => catalog.Audiences.GetValueOrDefault(id)?.Rule;
        var everybody = await store.ListAsync(site.Id, new NotRule(new ContentRule("never shown")), findRule, true, Guid.Empty, 1_000, CancellationToken.None);

        var bySql = (await store.ListAsync(site.Id, rule, findRule, true, Guid.Empty, 1_000, CancellationToken.None)).Select(person => person.ProfileId).ToHashSet();

        var people = await service.Database.InTransactionAsync(
            transaction => service.Get<PersonFacts>().LoadAsync(transaction, site.Id, everybody, RuleNeeds.Of(rule), effort: null, CancellationToken.None), CancellationToken.None);
        var holds = RuleCompiler.Compile(rule);
        foreach (var profile in everybody)
        {
            var byDelegate = holds(new Facts(people[profile.ProfileId], null, null, RandomPeople.Now));
            Assert.True(
                byDelegate == bySql.Contains(profile.ProfileId),
                $"The delegate says {byDelegate}, the SQL {!byDelegate}: {RuleText.Describe(rule)}\n of user '{profile.UserId}' {profile.Traits} {profile.Context}");
        }

        return everybody.Count;
    }

    async Task AddAsync(TestSite site, RandomPerson[] people)
    {
        const string sql = """
            insert into enrollment.profile (site_id, profile_id, user_id, traits, context, created_at, seen_at)
            select @siteId, profile_id, user_id, traits::jsonb, context::jsonb, now(), now()
            from unnest(@profileIds, @userIds, @traits, @contexts) as added (profile_id, user_id, traits, context);

            insert into enrollment.event (site_id, event_id, profile_id, name, properties, occurred_at)
            select @siteId, gen_random_uuid(), profile_id, name, properties::jsonb, occurred_at
            from unnest(@doers, @names, @properties, @times) as added (profile_id, name, properties, occurred_at);

            insert into enrollment.content_outcome (site_id, enrollment_id, visit_no, profile_id, content_id, outcome, occurred_at)
            select @siteId, gen_random_uuid(), 1, profile_id, content_id, outcome, now()
            from unnest(@finishers, @contentIds, @outcomes) as added (profile_id, content_id, outcome)
            """;

        // The customer's ids are unique; two people who would have the same one become visitors.
        var known = people.DistinctBy(person => person.UserId).ToHashSet();
        var rows = people.Select(person => (Id: Guid.CreateVersion7(), Person: person)).ToList();
        var events = rows.SelectMany(row => row.Person.Events.Select(happened => (row.Id, Event: happened))).ToList();
        var contents = rows.SelectMany(row => row.Person.Contents.Select(content => (row.Id, Content: content))).ToList();
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new
        {
            siteId = site.Id,
            profileIds = rows.Select(row => row.Id).ToArray(),
            userIds = rows.Select(row => known.Contains(row.Person) ? row.Person.UserId : null).ToArray(),
            traits = rows.Select(row => Json.ToText(row.Person.Traits)).ToArray(),
            contexts = rows.Select(row => Json.ToText(row.Person.Context)).ToArray(),
            doers = events.Select(row => row.Id).ToArray(),
            names = events.Select(row => row.Event.Name).ToArray(),
            properties = events.Select(row => Json.ToText(row.Event.Properties)).ToArray(),
            times = events.Select(row => row.Event.OccurredAt.UtcDateTime).ToArray(),
            finishers = contents.Select(row => row.Id).ToArray(),
            contentIds = contents.Select(row => row.Content.Id).ToArray(),
            outcomes = contents.Select(row => row.Content.Outcome).ToArray(),
        });
    }
}
