using System.Diagnostics.Metrics;
using Journeys.Testing;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>A journey that somebody cannot be let into keeps them out of no other.</summary>
public sealed class FaultyEntryTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string SignedUp = """{"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}""";

    // PostgreSQL cannot store the outcome.
    const string Poison = """{"id": "end", "exit": {"outcome": "a\u0000b"}}""";

    // More than one person may take in one call; every fifth of it is not.
    const int TooMany = 50;

    static readonly string Text = new('a', 8_000);

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task An_event_lets_somebody_into_all_journeys_but_those_that_fail()
    {
        var poisoned = await site.PublishAsync(Designs.Row("", SignedUp, Poison));
        var costly = await site.PublishAsync(Branches(TooMany));
        var sound = await site.PublishAsync(Designs.Row("", SignedUp, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: $$"""{"s": "{{Text}}"}""");
        using var counted = new CountedMetric(service.Get<IMeterFactory>(), "journeys.entries.failed");

        var answer = await site.DoAsync("u1", "signed_up");

        Assert.Equal(1, answer.Accepted);
        Assert.Equal(Status.Active, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Empty(await site.EnrollmentsAsync(poisoned));
        Assert.Empty(await site.EnrollmentsAsync(costly));
        Assert.Equal(2, counted.Total);
    }

    [Fact]
    public async Task Sound_rules_that_take_too_much_together_keep_nobody_out()
    {
        var journeys = new List<Guid>();
        for (var n = 0; n < 4; n++)
            journeys.Add(await site.PublishAsync(Branches(TooMany * 2 / 5)));
        await site.IdentifyAsync("u1", traits: $$"""{"s": "{{Text}}"}""");
        using var counted = new CountedMetric(service.Get<IMeterFactory>(), "journeys.entries.failed");

        await site.DoAsync("u1", "signed_up");

        foreach (var journey in journeys)
            Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(0, counted.Total);
    }

    [Fact]
    public async Task Who_identifies_is_let_into_all_journeys_but_those_that_fail()
    {
        var costly = await site.AudienceAsync($$$"""{"group": {"operator": "OR", "rules": [{{{string.Join(", ", Rules(TooMany))}}}]} }""");
        var pro = await site.AudienceAsync(IsPro);
        var left = await site.PublishAsync(Auto(costly, Designs.End));
        var poisoned = await site.PublishAsync(Auto(pro, Poison));
        var sound = await site.PublishAsync(Auto(pro, Designs.End));
        using var counted = new CountedMetric(service.Get<IMeterFactory>(), "journeys.entries.failed");

        await site.IdentifyAsync("u1", traits: $$"""{"plan": "pro", "s": "{{Text}}"}""");

        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Empty(await site.EnrollmentsAsync(left));
        Assert.Empty(await site.EnrollmentsAsync(poisoned));
        Assert.Equal(2, counted.Total);
    }

    [Fact]
    public async Task A_journey_that_fails_with_a_later_event_of_the_same_call_keeps_nobody_out_of_the_others()
    {
        var poisoned = await site.PublishAsync(Designs.Row("", SignedUp, Designs.Hold("hold", "go"), Poison));
        var sound = await site.PublishAsync(Designs.Row("", SignedUp, Designs.Hold("hold", "go"), Designs.End));

        await site.DoAsync("u1", "signed_up", "go");

        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Empty(await site.EnrollmentsAsync(poisoned));
    }

    [Fact]
    public async Task Neither_does_one_that_they_are_in_and_that_fails_in_the_same_call()
    {
        var inside = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "signed_up"), Poison));
        await site.EnterAsync(inside, "u1");
        var poisoned = await site.PublishAsync(Designs.Row("", SignedUp, Poison));
        var sound = await site.PublishAsync(Designs.Row("", SignedUp, Designs.End));

        await site.DoAsync("u1", "signed_up");

        Assert.Equal(Status.Completed, Assert.Single(await site.EnrollmentsAsync(sound)).Status);
        Assert.Equal("hold", Assert.Single(await site.EnrollmentsAsync(inside)).CurrentNodeId);
        Assert.Empty(await site.EnrollmentsAsync(poisoned));
    }

    const string IsPro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";

    static string Auto(Guid audience, string end) => Designs.Row($"\"audienceId\": \"{audience}\", \"autoEnroll\": true,", Designs.Start, end);

    static IEnumerable<string> Rules(int count) => Enumerable.Range(0, count)
        .Select(n => $$$"""{"condition": {"field": "traits.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c{{{n}}}"} }""");

    // So many rules, none of which holds.
    static string Branches(int count)
    {
        var branches = Rules(count).Select((rule, n) => $$$"""{"name": "b{{{n}}}", "rule": {{{rule}}} }""");
        return Designs.Graph(
            "",
            [SignedUp, $$$"""{"id": "which", "condition": {"branches": [{{{string.Join(", ", branches)}}}]} }""", Designs.End],
            [("start", "", "which"), ("which", "else", "end"), .. Enumerable.Range(0, count).Select(n => ("which", $"b{n}", "end"))]);
    }
}
