using Grpc.Core;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Who may come back, and when; every attempt is kept.</summary>
public sealed class ReEnrollmentTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("NEVER", Status.Active, false)]
    [InlineData("NEVER", Status.Stopped, false)]
    [InlineData("NEVER", Status.Completed, false)]
    [InlineData("AFTER_EARLY_EXIT", Status.Active, false)]
    [InlineData("AFTER_EARLY_EXIT", Status.Stopped, true)]
    [InlineData("AFTER_EARLY_EXIT", Status.Completed, false)]
    [InlineData("ALWAYS", Status.Active, false)]
    [InlineData("ALWAYS", Status.Stopped, true)]
    [InlineData("ALWAYS", Status.Completed, true)]
    public async Task The_policy_decides_and_attempts_are_kept_as_history(string policy, Status status, bool mayReturn)
    {
        var journey = await PublishAsync(policy, "0s");
        await BringAsync(journey, status);
        var before = Assert.Single(await site.EnrollmentsAsync(journey));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => site.EnterAsync(journey, "u1")));

        var all = await site.EnrollmentsAsync(journey);
        Assert.Equal(mayReturn ? 1 : 0, answers.Count(answer => answer.Created));
        Assert.Equal(mayReturn ? [(1, status), (2, Status.Active)] : [(1, status)], all.Select(e => (e.Attempt, e.Status)));
        Assert.Equal(before, all[0]);
        Assert.All(answers, answer => Assert.Equal(all[^1].Id, answer.Enrollment.Id));
        Assert.Equal(status == Status.Completed ? ["start", "one", "end"] : ["start", "one"], await site.NodesAsync(before));
    }

    [Fact]
    public async Task The_cooldown_is_the_least_time_between_attempts()
    {
        var journey = await PublishAsync("ALWAYS", "3600s");
        await BringAsync(journey, Status.Completed);

        service.Clock.Advance(TimeSpan.FromSeconds(3_599));
        var early = await site.EnterAsync(journey, "u1");
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var inTime = await site.EnterAsync(journey, "u1");

        Assert.Equal((false, 1, Status.Completed), (early.Created, early.Enrollment.Attempt, early.Enrollment.Status));
        Assert.Equal((true, 2, "one"), (inTime.Created, inTime.Enrollment.Attempt, inTime.Step.NodeId));
    }

    [Fact]
    public async Task Every_way_in_keeps_to_the_policy()
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\", \"reEnrollment\": \"AFTER_EARLY_EXIT\", \"reEnrollmentCooldown\": \"60s\",",
            """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""", Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.StopAsync(journey, "u1");

        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.DoAsync("u1", "begin");
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1" } });
        Assert.Single(await site.EnrollmentsAsync(journey));

        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await site.DoAsync("u1", "begin");
        await site.DoAsync("u1", "begin");

        Assert.Equal([Status.Stopped, Status.Active], (await site.EnrollmentsAsync(journey)).Select(e => e.Status));
    }

    [Fact]
    public async Task Each_way_to_stop_leaves_its_reason_and_one_who_has_ended_stays_as_they_are()
    {
        var journey = await PublishAsync("ALWAYS", "0s");
        var byPerson = (await site.EnterAsync(journey, "u1")).Enrollment;
        var byApi = (await site.EnterAsync(journey, "u2")).Enrollment;

        await site.StopAsync(journey, "u1");
        await site.Enrollments.StopEnrollmentAsync(new() { JourneyId = byApi.JourneyId, EnrollmentId = byApi.Id });
        var again = await site.Enrollments.StopEnrollmentAsync(new() { JourneyId = byPerson.JourneyId, EnrollmentId = byPerson.Id });
        var stranger = await Assert.ThrowsAsync<RpcException>(() => site.StopAsync(journey, "u3"));

        Assert.Equal(["OPT_OUT", "API"], (await site.EnrollmentsAsync(journey)).Select(e => e.StopReason));
        Assert.Equal(("OPT_OUT", Status.Stopped), (again.StopReason, again.Status));
        Assert.Equal(StatusCode.NotFound, stranger.StatusCode);
    }

    async Task BringAsync(Guid journey, Status status)
    {
        await site.EnterAsync(journey, "u1");
        if (status == Status.Stopped)
            await site.StopAsync(journey, "u1");
        if (status == Status.Completed)
            await site.ReportAsync(journey, "u1", "one");
    }

    Task<Guid> PublishAsync(string policy, string cooldown) => site.PublishAsync(Designs.Row(
        $"\"reEnrollment\": \"{policy}\", \"reEnrollmentCooldown\": \"{cooldown}\",", Designs.Start, Designs.Content("one"), Designs.End));
}
