using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Everybody who matches is enrolled when the journey is published, and everybody who comes to match later is enrolled when they do.</summary>
public sealed class AutoEnrollmentTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Pro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";
    const string Regulars = """{"event": {"name": "bought", "atLeast": 2}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_trait_that_comes_to_match_enrolls_on_identify_and_one_that_does_not_does_not()
    {
        var journey = await PublishAsync(Pro);

        await site.IdentifyAsync("u1", traits: """{"plan": "free"}""");
        Assert.Empty(await site.EnrollmentsAsync(journey));
        var answer = await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.IdentifyAsync("u1", traits: """{"plan": "pro", "seats": 5}""");

        Assert.Equal("one", Assert.Single(answer.Journeys).Step.NodeId);
        var enrollment = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(("u1", Enrollment.Types.Source.Audience, 1), (enrollment.UserId, enrollment.Source, enrollment.Attempt));
    }

    [Fact]
    public async Task An_event_that_makes_somebody_match_enrolls_them()
    {
        var journey = await PublishAsync(Regulars);

        await site.DoAsync("u1", "bought");
        Assert.Empty(await site.EnrollmentsAsync(journey));
        var answer = await site.DoAsync("u1", "bought");

        Assert.Equal("one", Assert.Single(answer.Journeys).Step.NodeId);
    }

    [Fact]
    public async Task Content_that_makes_somebody_match_enrolls_them_when_they_finish_it()
    {
        var journey = await PublishAsync("""{"content": {"contentId": "flow_tour", "outcome": "COMPLETED"}}""");
        var tour = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("tour"), Designs.End));
        await site.EnterAsync(tour, "u1");
        await site.EnterAsync(tour, "u2");

        await site.ReportAsync(tour, "u1", "tour");
        await site.ReportAsync(tour, "u2", "tour", ReportProgressRequest.Types.Outcome.Dismissed);

        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task Publishing_sweeps_everybody_who_matches_already_slice_by_slice()
    {
        foreach (var n in Enumerable.Range(0, 23))
            await site.IdentifyAsync($"u{n}", traits: n % 2 == 0 ? """{"plan": "pro"}""" : """{"plan": "free"}""");
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["plan"] = new() { StringValue = "pro" } } } });
        var journey = await PublishAsync(Pro);

        var changed = await site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey, limit: 5);
        var again = await site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey, limit: 5);

        Assert.Equal((12, 0), (changed, again));
        Assert.Equal(
            Enumerable.Range(0, 23).Where(n => n % 2 == 0).Select(n => $"u{n}").Order(), (await site.EnrollmentsAsync(journey)).Select(e => e.UserId).Order());
    }

    [Fact]
    public async Task Visitors_are_enrolled_only_where_the_journey_takes_them()
    {
        var closed = await PublishAsync(Pro);
        var open = await PublishAsync(Pro, "\"allowAnonymous\": true,");

        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["plan"] = new() { StringValue = "pro" } } } });
        await site.RunJobAsync(Job.Types.Kind.AudienceSweep, open);

        Assert.Empty(await site.EnrollmentsAsync(closed));
        Assert.Equal("visitor1", Assert.Single(await site.EnrollmentsAsync(open)).AnonymousId);
    }

    [Fact]
    public async Task Old_and_repeated_news_of_an_audience_change_nothing()
    {
        var audience = Guid.CreateVersion7();
        await site.TellAllAsync(site.Audience(audience, 2, Pro));
        var journey = await site.PublishAsync(Design(audience));

        await site.TellAllAsync(site.Audience(audience, 1, Pro.Replace("pro", "free")));
        await site.TellAllAsync(site.Audience(audience, 2, Pro.Replace("pro", "free")));
        await site.IdentifyAsync("u1", traits: """{"plan": "free"}""");
        await site.IdentifyAsync("u2", traits: """{"plan": "pro"}""");

        Assert.Equal("u2", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task A_trigger_lets_in_only_who_belongs_to_the_audience()
    {
        var audience = await site.AudienceAsync(Pro);
        var journey = await site.PublishAsync(Designs.Row(
            $"\"audienceId\": \"{audience}\",", """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");

        await site.DoAsync("u1", "begin");
        await site.DoAsync("u2", "begin");

        var enrollment = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(("u1", Enrollment.Types.Source.Trigger), (enrollment.UserId, enrollment.Source));
    }

    [Fact]
    public async Task A_preview_counts_who_matches_and_shows_some_of_them()
    {
        foreach (var n in Enumerable.Range(0, 15))
            await site.IdentifyAsync($"u{n}", traits: n < 12 ? """{"plan": "pro"}""" : "{}");
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["plan"] = new() { StringValue = "pro" } } } });
        var rule = Google.Protobuf.JsonParser.Default.Parse<Protos.Rule.V1.Rule>(Pro);

        var preview = await site.Profiles.PreviewAudienceAsync(new() { Rule = rule });
        var fault = await Assert.ThrowsAsync<RpcException>(async () => await site.Profiles.PreviewAudienceAsync(new() { Rule = new() }));

        Assert.Equal((12, 15, 10), (preview.Count, preview.Total, preview.Sample.Count));
        Assert.All(preview.Sample, user => Assert.Equal("pro", user.Traits.Fields["plan"].StringValue));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
    }

    // What an unknown audience matches is nobody, so its opposite would be everybody.
    [Theory]
    [InlineData("""{"audience": {"audienceId": "ID"}}""")]
    [InlineData("""{"not": {"rule": {"audience": {"audienceId": "ID"}}}}""")]
    public async Task A_preview_of_a_rule_that_names_an_unknown_audience_is_refused(string rule)
    {
        await site.IdentifyAsync("u1");

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await site.Profiles.PreviewAudienceAsync(
            new() { Rule = Google.Protobuf.JsonParser.Default.Parse<Protos.Rule.V1.Rule>(rule.Replace("ID", $"{Guid.NewGuid()}", StringComparison.Ordinal)) }));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var violation = Assert.Single(refused.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations);
        Assert.Equal(("rule", "names an audience that does not exist."), (violation.Field, violation.Description));
    }

    async Task<Guid> PublishAsync(string rule, string more = "") => await site.PublishAsync(Design(await site.AudienceAsync(rule), more));

    static string Design(Guid audience, string more = "") =>
        Designs.Row($"{more} \"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End);
}
