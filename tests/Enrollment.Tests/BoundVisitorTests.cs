using Grpc.Core;
using Journeys.Enrollments.Enrollments;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Where pages prove whom they speak for, the id of a visitor who is a user by now opens nothing without that user's proof.</summary>
public sealed class BoundVisitorTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Visitor = "visitor1";

    readonly TestSite site = service.NewSite();

    static readonly string[] Rpcs = ["Identify", "RecordEvents", "ListPositions", "Enroll", "ReportProgress", "Stop", "PositionSubscription"];

    public static TheoryData<string> Calls => [.. Rpcs];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_joined_visitor_id_alone_is_refused_and_changes_nothing(string call)
    {
        var journey = await JoinedAsync();
        var before = await StateAsync(journey);

        var asNobody = await FailureAsync(() => CallAsync(call, site.PageOf(""), journey));
        var asAnother = await FailureAsync(() => CallAsync(call, site.PageOf("u2"), journey));

        Assert.Equal((StatusCode.PermissionDenied, "VISITOR_JOINED"), asNobody);
        Assert.Equal((StatusCode.PermissionDenied, "VISITOR_JOINED"), asAnother);
        Assert.Equal(before, await StateAsync(journey));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task It_is_refused_also_in_a_journey_that_the_user_is_not_in(string call)
    {
        await JoinedAsync();
        var other = await PublishAsync();

        var failure = await FailureAsync(() => CallAsync(call, site.PageOf(""), other));

        Assert.Equal((StatusCode.PermissionDenied, "VISITOR_JOINED"), failure);
        Assert.Empty(await site.EnrollmentsAsync(other));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task With_the_users_proof_it_works_and_so_it_does_for_a_visitor_of_nobody(string call)
    {
        var journey = await JoinedAsync();
        await CallAsync(call, site.PageOf("u1"), journey);

        var stranger = await PublishAsync();
        await site.EnterAsync(stranger, "visitor2");
        await CallAsync(call, site.PageOf(""), stranger, "visitor2");
    }

    [Theory]
    [InlineData("Enroll")]
    [InlineData("Stop")]
    public async Task The_repeat_of_a_request_tells_nothing_either(string call)
    {
        var journey = await PublishAsync();
        await site.EnterAsync(journey, Visitor);
        await CallAsync(call, site.PageOf(""), journey, requestId: "r1");
        await site.IdentifyAsync("u1", Visitor);

        var failure = await FailureAsync(() => CallAsync(call, site.PageOf(""), journey, requestId: "r1"));

        Assert.Equal((StatusCode.PermissionDenied, "VISITOR_JOINED"), failure);
    }

    [Fact]
    public async Task Calls_that_race_with_the_joining_are_the_visitors_or_refused()
    {
        foreach (var n in Enumerable.Range(0, 12))
        {
            var visitor = $"visitor-{n}";
            var page = site.PageOf("");

            await Task.WhenAll(
                site.PageOf($"user-{n}").IdentifyAsync(new() { UserId = $"user-{n}", AnonymousId = visitor }).ResponseAsync,
                OrRefusedAsync(page.RecordEventsAsync(new() { AnonymousId = visitor, Events = { new Event { Name = "early" } } }).ResponseAsync),
                OrRefusedAsync(page.IdentifyAsync(new() { AnonymousId = visitor }).ResponseAsync));

            Assert.Equal(
                (StatusCode.PermissionDenied, "VISITOR_JOINED"),
                await FailureAsync(() => page.RecordEventsAsync(new() { AnonymousId = visitor, Events = { new Event { Name = "late" } } }).ResponseAsync));
            var events = (await site.Profiles.GetUserAsync(new() { UserId = $"user-{n}" })).Events;
            Assert.DoesNotContain(events, e => e.Name == "late");
        }
    }

    [Fact]
    public async Task A_stream_of_the_visitor_ends_when_the_visitor_is_joined()
    {
        var journey = await PublishAsync();
        await site.EnterAsync(journey, Visitor);
        using var stream = site.PageOf("").Watch(new() { AnonymousId = Visitor });
        await stream.ResponseStream.MoveNext(CancellationToken.None);
        await stream.ResponseStream.MoveNext(CancellationToken.None);
        Assert.Equal(journey.ToString(), stream.ResponseStream.Current.Position.JourneyId);

        await site.IdentifyAsync("u1", Visitor);
        // Whether somebody who is known has become another is looked up in every tenth run.
        foreach (var _ in Enumerable.Range(0, 10))
            await service.Get<PositionSubscriptions>().RunOnceAsync(CancellationToken.None);

        var failure = await FailureAsync(async () =>
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
                Assert.NotEqual("u1", stream.ResponseStream.Current.Position?.Enrollment.UserId);
        });
        Assert.Equal((StatusCode.PermissionDenied, "VISITOR_JOINED"), failure);
    }

    [Fact]
    public async Task Another_users_sign_in_with_a_joined_visitor_reaches_only_their_own()
    {
        var journey = await JoinedAsync();
        var before = await StateAsync(journey);

        var answer = await site.PageOf("u2").IdentifyAsync(new() { UserId = "u2", AnonymousId = Visitor });

        Assert.False(answer.Merged);
        Assert.Empty(answer.Journeys);
        Assert.Equal(before, await StateAsync(journey));
    }

    [Fact]
    public async Task Where_no_proof_is_asked_a_joined_visitor_is_the_user()
    {
        var journey = await JoinedAsync();

        var positions = await site.Sdk.ListPositionsAsync(new() { AnonymousId = Visitor });

        Assert.Equal(journey.ToString(), positions.Journeys.Single().JourneyId);
    }

    [Fact]
    public async Task No_answer_to_a_page_tells_the_id_of_a_visitor()
    {
        var journey = await JoinedAsync();
        var named = journey.ToString();
        using var stream = site.Sdk.Watch(new() { UserId = "u1" });
        await stream.ResponseStream.MoveNext(CancellationToken.None);
        await stream.ResponseStream.MoveNext(CancellationToken.None);

        var answers = new object[]
        {
            await site.Sdk.IdentifyAsync(new() { UserId = "u1" }),
            await site.Sdk.ListPositionsAsync(new() { UserId = "u1" }),
            await site.Sdk.EnrollAsync(new() { UserId = "u1", JourneyId = named }),
            await site.Sdk.ReportProgressAsync(new() { UserId = "u1", JourneyId = named, NodeId = "one" }),
            await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { new Event { Name = "go" } } }),
            await site.Sdk.StopAsync(new() { UserId = "u1", JourneyId = named }),
            stream.ResponseStream.Current,
        };

        Assert.All(answers, answer => Assert.Contains(named, answer.ToString(), StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.DoesNotContain(Visitor, answer.ToString(), StringComparison.Ordinal));
        Assert.Equal(Visitor, (await site.EnrollmentsAsync(journey)).Single().AnonymousId);
    }

    [Theory]
    [InlineData(Access.Types.Role.Viewer, false)]
    [InlineData(Access.Types.Role.Editor, true)]
    [InlineData(Access.Types.Role.Admin, true)]
    public async Task Who_only_reads_writes_nothing_for_people(Access.Types.Role role, bool writes)
    {
        foreach (var call in Rpcs)
        {
            var journey = await PublishAsync();
            await site.EnterAsync(journey, "u1");
            var client = new SdkService.SdkServiceClient(site.As(role));

            if (writes || call is "ListPositions" or "PositionSubscription")
                await CallAsync(call, client, journey, "u1");
            else
                Assert.Equal((StatusCode.PermissionDenied, "NOT_ALLOWED"), await FailureAsync(() => CallAsync(call, client, journey, "u1")));
        }
    }

    async Task<Guid> JoinedAsync()
    {
        var journey = await PublishAsync();
        await site.EnterAsync(journey, Visitor);
        await site.IdentifyAsync("u1", Visitor);
        return journey;
    }

    Task<Guid> PublishAsync() => site.PublishAsync(Designs.Row(
        "\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.Content("two"), Designs.End));

    async Task<string> StateAsync(Guid journey)
    {
        var user = await site.Profiles.GetUserAsync(new() { UserId = "u1" });
        return $"{user} {string.Join(' ', await site.EnrollmentsAsync(journey))}";
    }

    static async Task CallAsync(string call, SdkService.SdkServiceClient page, Guid journey, string person = Visitor, string requestId = "")
    {
        var id = journey.ToString();
        var (user, visitor) = person[0] == 'u' ? (person, "") : ("", person);
        switch (call)
        {
            case "Identify":
                await page.IdentifyAsync(new() { UserId = user, AnonymousId = visitor, Traits = new() { Fields = { ["plan"] = new() { StringValue = "mine" } } } });
                break;
            case "RecordEvents":
                await page.RecordEventsAsync(new() { UserId = user, AnonymousId = visitor, Events = { new Event { Name = "go" } } });
                break;
            case "ListPositions":
                await page.ListPositionsAsync(new() { UserId = user, AnonymousId = visitor });
                break;
            case "Enroll":
                await page.EnrollAsync(new() { UserId = user, AnonymousId = visitor, JourneyId = id, RequestId = requestId });
                break;
            case "ReportProgress":
                await page.ReportProgressAsync(new() { UserId = user, AnonymousId = visitor, JourneyId = id, NodeId = "one" });
                break;
            case "Stop":
                await page.StopAsync(new() { UserId = user, AnonymousId = visitor, JourneyId = id, RequestId = requestId });
                break;
            default:
                using (var stream = page.Watch(new() { UserId = user, AnonymousId = visitor }))
                {
                    await stream.ResponseStream.MoveNext(CancellationToken.None);
                    await stream.ResponseStream.MoveNext(CancellationToken.None);
                }

                break;
        }
    }

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;

    static async Task OrRefusedAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (RpcException refused)
        {
            Assert.Equal("VISITOR_JOINED", ReasonOf(refused));
        }
    }

    static async Task<(StatusCode Code, string Reason)> FailureAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(call);
        return (failure.StatusCode, ReasonOf(failure));
    }
}
