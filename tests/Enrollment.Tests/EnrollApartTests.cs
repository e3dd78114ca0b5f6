using Dapper;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Of many who are enrolled by one call, whoever cannot be is answered with an error, and keeps nobody else out.</summary>
public sealed class EnrollApartTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Deep = """
        update enrollment.profile set context = jsonb_build_object('location', (repeat('[', 70) || repeat(']', 70))::jsonb)
        where site_id = @Id and user_id = any(@users)
        """;

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Everybody_else_comes_in_and_a_repeat_says_who_did_not()
    {
        var journey = await site.PublishAsync(Branching(50));
        await IdentifyAsync(["u1", "u2", "u4"]);
        await site.IdentifyAsync("u3", traits: $$$"""{"s": "{{{new string('a', 8_000)}}}"}""");
        await BreakAsync("u2");
        var call = new EnrollUsersRequest { JourneyId = journey.ToString(), UserIds = { "u1", "u2", "u3", "u4" }, RequestId = "once" };

        var answer = await site.Enrollments.EnrollUsersAsync(call);
        var repeated = await site.Enrollments.EnrollUsersAsync(call);

        Assert.Equal(["", "CANNOT_BE_ENROLLED", "RULES_TOO_COSTLY", ""], Reasons(answer));
        Assert.Equal([true, false, false, true], answer.Results.Select(result => result.Created));
        Assert.Equal(["u1", "u4"], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
        Assert.Equal(["", "NOT_ENROLLED", "NOT_ENROLLED", ""], Reasons(repeated));
        Assert.Equal(answer.Results[0].Enrollment.Id, repeated.Results[0].Enrollment.Id);
    }

    [Fact]
    public async Task Whoever_enters_by_the_SDK_is_answered_the_same()
    {
        var journey = await site.PublishAsync(Branching(1));
        await IdentifyAsync(["u1"]);
        await BreakAsync("u1");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, "u1"));

        Assert.Equal((StatusCode.FailedPrecondition, "CANNOT_BE_ENROLLED"), (refusal.StatusCode, refusal.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>().Reason));
    }

    [Fact]
    public async Task After_twenty_the_rest_is_not_tried_and_comes_in_by_a_call_without_those()
    {
        var journey = await site.PublishAsync(Branching(1));
        var people = Enumerable.Range(0, 30).Select(n => $"u{n:00}").ToArray();
        await IdentifyAsync(people);
        await BreakAsync(people[..25]);
        var call = new EnrollUsersRequest { JourneyId = journey.ToString(), UserIds = { people } };

        var answer = await site.Enrollments.EnrollUsersAsync(call);
        var untried = answer.Results.Where(result => result.Error?.Reason == "NOT_TRIED").Select(result => result.UserId).ToList();
        var rest = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { untried } });

        Assert.Equal(20, Reasons(answer).Count(reason => reason == "CANNOT_BE_ENROLLED"));
        Assert.Equal(people[20..], untried);
        Assert.Equal(people[25..], (await site.EnrollmentsAsync(journey)).Select(one => one.UserId));
        Assert.Equal(5, Reasons(rest).Count(reason => reason == "CANNOT_BE_ENROLLED"));
    }

    static IEnumerable<string> Reasons(EnrollUsersResponse answer) => answer.Results.Select(result => result.Error?.Reason ?? "");

    async Task IdentifyAsync(IEnumerable<string> people)
    {
        foreach (var person in people)
            await site.IdentifyAsync(person, traits: """{"s": "short"}""");
    }

    async Task BreakAsync(params string[] users)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(Deep, new { site.Id, users });
    }

    // The rules of fifty branches take too much for a long text.
    static string Branching(int count)
    {
        var numbers = Enumerable.Range(0, count).ToList();
        var branches = numbers.Select(n => $$$"""
            {"name": "b{{{n}}}", "rule": {"condition": {"field": "traits.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c{{{n}}}"} } }
            """);
        return Designs.Graph(
            "",
            [Designs.Start, $$$"""{"id": "which", "condition": {"branches": [{{{string.Join(", ", branches)}}}]} }""", Designs.End],
            [("start", "", "which"), ("which", "else", "end"), .. numbers.Select(n => ("which", $"b{n}", "end"))]);
    }
}
