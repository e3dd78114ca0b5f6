using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>What let the person in is kept, never changed, and read by every rule of the enrollment.</summary>
public sealed class EntryTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string IsTeam = """{"condition": {"field": "entry.kind", "operator": "EQ", "value": "team"}}""";

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("trigger")]
    [InlineData("sdk")]
    [InlineData("api")]
    public async Task A_condition_reads_what_let_the_person_in_long_after(string way)
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "",
            [
                """{"id": "start", "trigger": {"customEvent": {"eventName": "came"}}}""", Designs.Wait("rest", "3600s"),
                $$$"""{"id": "kind", "condition": {"branches": [{"name": "team", "rule": {{{IsTeam}}} }]}}""",
                Designs.Content("team"), Designs.Content("else"), Designs.End,
            ],
            [("start", "", "rest"), ("rest", "", "kind"), ("kind", "team", "team"), ("kind", "else", "else"), ("team", "", "end"), ("else", "", "end")]));

        await EnterAsync(way, journey, "u1", Of("team"));
        await EnterAsync(way, journey, "u2", Of("solo"));
        await EnterAsync(way, journey, "u3", null);
        await site.PassAsync(TimeSpan.FromHours(1));

        foreach (var (userId, branch, kind) in ((string, string, string)[])[("u1", "team", "team"), ("u2", "else", "solo"), ("u3", "else", "")])
        {
            var why = await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = userId });
            Assert.Equal(branch, why.Enrollment.CurrentNodeId);
            Assert.Equal(kind, why.Enrollment.Entry.Fields.TryGetValue("kind", out var kept) ? kept.StringValue : "");
        }
    }

    [Fact]
    public async Task A_wait_for_an_event_and_exit_rules_read_it_too()
    {
        const string hasLeft = """{"condition": {"field": "traits.left", "operator": "EXISTS"}}""";
        const string exits =
            $"\"exits\": [{{\"name\": \"Gone\", \"rule\": {{\"group\": {{\"operator\": \"AND\", \"rules\": [{IsTeam}, {hasLeft}]}}}}}}, "
            + $"{{\"name\": \"Sold\", \"event\": {{\"eventName\": \"sold\", \"where\": {IsTeam}}}}}],";
        var journey = await PublishAsync(
            exits, $$$"""{"id": "hold", "waitForEvent": {"events": [{"eventName": "made", "where": {{{IsTeam}}} }]}}""", Designs.Content("one"));
        foreach (var (person, kind) in ((string, string)[])[("made-team", "team"), ("made-solo", "solo"), ("sold-team", "team"), ("sold-solo", "solo"), ("left-team", "team"), ("left-solo", "solo")])
            await EnterAsync("sdk", journey, person, Of(kind));

        foreach (var kind in (string[])["team", "solo"])
        {
            await site.DoAsync($"made-{kind}", "made");
            await site.DoAsync($"sold-{kind}", "sold");
            await site.IdentifyAsync($"left-{kind}", traits: """{"left": true}""");
        }

        var there = (await site.EnrollmentsAsync(journey)).ToDictionary(enrollment => enrollment.UserId, enrollment => (enrollment.CurrentNodeId, enrollment.Outcome));
        Assert.Equal(
            [("one", ""), ("hold", ""), ("hold", "Sold"), ("hold", ""), ("hold", "Gone"), ("hold", "")],
            [there["made-team"], there["made-solo"], there["sold-team"], there["sold-solo"], there["left-team"], there["left-solo"]]);
    }

    [Fact]
    public async Task It_stays_what_it_was_when_the_person_comes_again_and_when_a_visitor_becomes_a_user()
    {
        var journey = await PublishAsync("\"allowAnonymous\": true,", Designs.Content("one"));
        await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), AnonymousId = "visitor", Properties = Of("team") });

        await site.IdentifyAsync("u1", "visitor");
        var again = await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = "u1", Properties = Of("solo") });
        await site.ReportAsync(journey, "u1", "one");

        Assert.False(again.Created);
        Assert.Null(again.Enrollment.Entry);
        var run = Assert.Single((await site.Profiles.ExportUserAsync(new() { UserId = "u1" })).Enrollments);
        Assert.Equal("team", run.Entry.Fields["kind"].StringValue);
    }

    [Fact]
    public async Task Too_much_of_it_and_a_list_with_it_are_refused()
    {
        var journey = await PublishAsync("", Designs.Content("one"));
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });

        Assert.Equal("properties", await FieldAsync(() => EnterAsync("sdk", journey, "u1", Of(new('x', 17_000)))));
        Assert.Equal("properties", await FieldAsync(() => EnterAsync("api", journey, "u1", Of(new('x', 17_000)))));
        Assert.Equal("properties", await FieldAsync(async () => await site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), ListId = list.Id, Properties = Of("team") })));
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    Task<Guid> PublishAsync(string more, params string[] nodes)
    {
        const string trigger = """{"id": "start", "trigger": {"customEvent": {"eventName": "came"}}}""";
        return site.PublishAsync(Designs.Row(more, [trigger, .. nodes, Designs.End]));
    }

    async Task EnterAsync(string way, Guid journey, string userId, Struct? properties)
    {
        if (way == "sdk")
            await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = userId, Properties = properties });
        else if (way == "api")
            await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { userId }, Properties = properties });
        else
            await site.Sdk.RecordEventsAsync(new() { UserId = userId, Events = { new Event { Name = "came", Properties = properties } } });
    }

    static Struct Of(string kind) => new() { Fields = { ["kind"] = Value.ForString(kind) } };

    static async Task<string> FieldAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Single().Field;
}
