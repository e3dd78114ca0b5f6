using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos.Rule.V1;
using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Rules cost what they may cost, also those that an older release stored.</summary>
public sealed class RuleBudgetTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string IsPro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_preview_that_takes_too_much_is_refused_at_once()
    {
        var third = await NestedAsync(3);
        await service.Get<JourneyCatalog>().NowAsync(site.Id, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await site.Profiles.PreviewAudienceAsync(new() { Rule = JsonParser.Default.Parse<Rule>(In(third)) }));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("rule: must have at most 1,000 parts", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_audience_that_names_others_many_times_is_asked_once_for_each()
    {
        var fourth = await NestedAsync(4);
        var journeyId = await AutoEnrollingAsync(fourth);

        await site.IdentifyAsync("u1", traits: """{"plan": "free"}""");
        await site.IdentifyAsync("u2", traits: """{"plan": "pro"}""");

        Assert.Equal(["u2"], (await site.EnrollmentsAsync(journeyId)).Select(enrollment => enrollment.UserId));
    }

    [Fact]
    public async Task A_sweep_of_an_audience_that_takes_too_much_ends_and_says_why()
    {
        var journeyId = await AutoEnrollingAsync(await NestedAsync(3));
        var chunk = new Events.ChunkRequested
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = site.Id.ToString(),
            Kind = Job.Types.Kind.AudienceSweep,
            JourneyId = journeyId.ToString(),
            Limit = 500,
            ChunkNo = 1,
        };

        await service.Get<Jobs.ProcessChunk>().HandleAsync(chunk, CancellationToken.None);

        var answer = (await site.SentAsync<Events.ChunkCompleted>()).Single(answer => answer.JobId == chunk.JobId);
        Assert.StartsWith("The rule of the audience Audience must have at most 1,000 parts", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expressions_and_long_texts_cost_a_call_little_memory_and_let_nobody_in_by_too_much_work()
    {
        var patterns = Enumerable.Range(0, 196).Select(n => string.Create(CultureInfo.InvariantCulture, $"[ab]*a[ab]{{{100 + (n % 20)}}}c{n % 10}"));
        var (first, second) = (AnyOf(patterns.Take(98).Select(Matches)), AnyOf(patterns.Skip(98).Select(Matches)));
        var audience = await site.AudienceAsync($$$"""{"not": {"rule": {{{AnyOf([first, second])}}} }}""");
        var journeyId = await AutoEnrollingAsync(audience);
        var random = new Random(7);
        var text = new string([.. Enumerable.Range(0, 7_900).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);
        var before = Process.GetCurrentProcess().WorkingSet64;

        await site.IdentifyAsync("u1", traits: $$$"""{"s": "{{{text}}}"}""");
        await site.IdentifyAsync("u2", traits: """{"s": "abba"}""");

        // What was said is stored; only who takes too much is not let in.
        Assert.Equal(["u2"], (await site.EnrollmentsAsync(journeyId)).Select(enrollment => enrollment.UserId));
        Assert.Contains(text, (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.Traits.ToString(), StringComparison.Ordinal);
        Assert.InRange(Process.GetCurrentProcess().WorkingSet64 - before, long.MinValue, 300L << 20);
    }

    [Fact]
    public async Task A_site_whose_rules_took_too_much_lately_waits_and_others_do_not()
    {
        var journeyId = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("a"), Designs.End));
        await AutoEnrollingAsync(await site.AudienceAsync(AnyOf(Enumerable.Range(0, 50).Select(n => Matches($"[ab]*a[ab]{{240}}c{n}")))));
        var neighbour = service.NewSite();
        // Of the work of ten seconds nearly all.
        for (var n = 0; n < 49; n++)
            service.Get<RuleEffort>().Of(site.Id, CancellationToken.None).Spend(20_000_000);
        service.Get<RuleEffort>().Of(site.Id, CancellationToken.None).Spend(15_000_000);

        await site.IdentifyAsync("u1", traits: $$$"""{"s": "{{{new string('a', 8_000)}}}"}""");
        var identify = await RefusalAsync(() => site.IdentifyAsync("u2"));
        var enroll = await RefusalAsync(() => site.EnterAsync(journeyId, "u1"));
        await neighbour.IdentifyAsync("u2");
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        await site.IdentifyAsync("u2");

        Assert.Equal(("TOO_MANY_CALLS", StatusCode.ResourceExhausted), (identify.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, identify.StatusCode));
        Assert.InRange(identify.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        Assert.Equal("TOO_MANY_CALLS", enroll.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Fact]
    public async Task However_much_the_rules_of_a_site_took_its_people_are_served_after_ten_seconds()
    {
        for (var n = 0; n < 1_000; n++)
            service.Get<RuleEffort>().Of(site.Id, CancellationToken.None).Spend(20_000_000);

        var refusal = await RefusalAsync(() => site.IdentifyAsync("u1"));
        service.Clock.Advance(TimeSpan.FromSeconds(10));
        await site.IdentifyAsync("u1");

        Assert.Equal(TimeSpan.FromSeconds(10), refusal.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
    }

    [Fact]
    public async Task To_enroll_somebody_whose_rules_take_too_much_is_refused_and_stores_nothing()
    {
        var numbers = Enumerable.Range(0, 50).ToList();
        var branches = numbers.Select(n => $$$"""{"name": "b{{{n}}}", "rule": {{{Matches("[ab]*a[ab]{240}c" + n)}}} }""");
        var edges = numbers.Select(n => $$$"""{"id": "b{{{n}}}", "source": "which", "target": "end", "branch": "b{{{n}}}"}""");
        var journeyId = await site.PublishAsync($$$"""
            {"graph": {
              "nodes": [
                {"id": "start", "trigger": {"manual": {} } }, {"id": "which", "condition": {"branches": [{{{string.Join(", ", branches)}}}]} },
                {"id": "end", "exit": {"outcome": "done"} }],
              "edges": [
                {"id": "e1", "source": "start", "target": "which"}, {"id": "e2", "source": "which", "target": "end", "branch": "else"},
                {{{string.Join(", ", edges)}}}]} }
            """);
        await site.IdentifyAsync("u1", traits: $$$"""{"s": "{{{new string('a', 8_000)}}}"}""");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journeyId, "u1"));

        Assert.Equal(("RULES_TOO_COSTLY", StatusCode.FailedPrecondition), (refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason, refusal.StatusCode));
        Assert.Empty(await site.EnrollmentsAsync(journeyId));
    }

    [Fact]
    public async Task Only_the_first_characters_of_a_text_are_looked_at_in_memory_and_in_SQL()
    {
        var rule = JsonParser.Default.Parse<Rule>("""{"condition": {"field": "traits.s", "operator": "REGEX", "value": "x$"}}""");
        await site.IdentifyAsync("within", traits: $$$"""{"s": "{{{new string('é', 2_047)}}}xy"}""");
        await site.IdentifyAsync("beyond", traits: $$$"""{"s": "{{{new string('é', 2_048)}}}x"}""");
        var journeyId = await AutoEnrollingAsync(await site.AudienceAsync(JsonFormatter.Default.Format(rule)));

        var preview = await site.Profiles.PreviewAudienceAsync(new() { Rule = rule });
        await site.IdentifyAsync("within");
        await site.IdentifyAsync("beyond");

        Assert.Equal(["within"], preview.Sample.Select(user => user.UserId));
        Assert.Equal(["within"], (await site.EnrollmentsAsync(journeyId)).Select(enrollment => enrollment.UserId));
    }

    static Task<RpcException> RefusalAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);

    // Each audience names the one before it a hundred times.
    async Task<Guid> NestedAsync(int levels)
    {
        var audience = await site.AudienceAsync(AnyOf(IsPro));
        for (var level = 1; level < levels; level++)
            audience = await site.AudienceAsync(AnyOf(In(audience)));
        return audience;
    }

    Task<Guid> AutoEnrollingAsync(Guid audience) => site.PublishAsync($$$"""
        {"audienceId": "{{{audience}}}", "autoEnroll": true, "graph": {
          "nodes": [{"id": "start", "trigger": {"manual": {} } }, {"id": "rest", "wait": {"duration": "60s"} }, {"id": "end", "exit": {"outcome": "done"} }],
          "edges": [{"id": "e1", "source": "start", "target": "rest"}, {"id": "e2", "source": "rest", "target": "end"}]} }
        """);

    static string In(Guid audience) => $$$"""{"audience": {"audienceId": "{{{audience}}}"} }""";

    static string Matches(string pattern) => $$$"""{"condition": {"field": "traits.s", "operator": "REGEX", "value": "{{{pattern}}}"} }""";

    static string AnyOf(string part) => AnyOf(Enumerable.Repeat(part, 100));

    static string AnyOf(IEnumerable<string> parts) => $$$"""{"group": {"operator": "OR", "rules": [{{{string.Join(", ", parts)}}}]} }""";
}
