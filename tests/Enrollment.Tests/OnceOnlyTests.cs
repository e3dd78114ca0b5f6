using Google.Rpc;
using Grpc.Core;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>A person is enrolled in a journey once.</summary>
public sealed class OnceOnlyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("u1")]
    [InlineData("visitor1")]
    public async Task Fifty_racing_calls_enroll_a_person_once(string person)
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => site.EnterAsync(journey, person)));

        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Enrollment.Id).Distinct());
        Assert.Single(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task Every_way_in_at_once_makes_one_enrollment()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",",
            """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End));

        await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(_ => new Task[]
        {
            site.EnterAsync(journey, "u1"),
            site.IdentifyAsync("u1", traits: """{"plan": "pro"}"""),
            site.DoAsync("u1", "begin"),
            site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1", "u2" } }).ResponseAsync,
            site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey),
        }));

        Assert.Equal(["u1", "u2"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId));
    }

    [Fact]
    public async Task Many_people_at_once_do_not_wait_for_each_others_connections()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        var people = Enumerable.Range(0, 300).Select(n => $"u{n}").ToList();
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { people } });

        // What is known of journeys is old now, and everybody looks anew at once.
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var answers = await Task.WhenAll(people.Select(person => site.DoAsync(person, "go")));

        Assert.All(answers, answer => Assert.Equal("end", answer.Journeys.Single().Enrollment.CurrentNodeId));
    }

    [Fact]
    public async Task Who_may_not_come_in_is_told_why()
    {
        var closed = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var archived = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var restored = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.ArchiveAsync(archived);
        await site.ArchiveAsync(restored);
        await site.RestoreAsync(restored);

        Assert.Equal(
            ["ANONYMOUS_NOT_ALLOWED", "JOURNEY_ARCHIVED", "JOURNEY_NOT_PUBLISHED"],
            [await ReasonAsync(closed, "visitor1"), await ReasonAsync(archived, "u1"), await ReasonAsync(restored, "u1")]);
        Assert.Empty(await site.EnrollmentsAsync(closed));
    }

    async Task<string> ReasonAsync(Guid journey, string person) =>
        (await Assert.ThrowsAsync<RpcException>(() => site.EnterAsync(journey, person))).GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason;
}
