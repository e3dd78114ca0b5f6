using Grpc.Core;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Why somebody is, or is not, in a journey.</summary>
public sealed class ExplainTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Paid = """{"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Somebody_inside_waits_for_one_thing_since_a_time_until_a_time()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "86400s"), Designs.End));
        await EnrollAsync(journey, "u1");
        var since = service.Clock.GetUtcNow();

        var why = await WhyAsync(journey, "u1");

        Assert.True(why.Enrolled);
        Assert.Contains("Waits until", why.Summary, StringComparison.Ordinal);
        Assert.Equal(Waiting.Types.Kind.Time, why.Enrollment.Waiting.Kind);
        Assert.Equal(since, why.Enrollment.Waiting.Since.ToDateTimeOffset());
        Assert.Equal(since.AddDays(1), why.Enrollment.Waiting.Until.ToDateTimeOffset());
        Assert.Single(why.Enrollment.Waiting.MovedBy);
    }

    [Fact]
    public async Task An_awaited_event_and_a_pause_are_named()
    {
        var hold = """{"id": "hold", "waitForEvent": {"events": [{"eventName": "paid", "where": {"condition": {"field": "properties.sum", "operator": "GT", "value": 10}}}], "timeout": "60s"}}""";
        var journey = await site.PublishAsync(Designs.Graph(
            "", [Designs.Start, hold, Designs.End], [("start", "", "hold"), ("hold", "event", "end"), ("hold", "timeout", "end")]));
        await EnrollAsync(journey, "u1");
        await site.PauseAsync(journey);
        await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { new Event { Id = $"{journey}", Name = "paid" } } });

        var waiting = (await WhyAsync(journey, "u1")).Enrollment.Waiting;

        Assert.True(waiting.Paused);
        Assert.Equal(1, waiting.HeldSignals);
        Assert.Equal("Waits for an event: paid where properties.sum GT 10.", waiting.Description);
        Assert.Equal(3, waiting.MovedBy.Count);
    }

    [Fact]
    public async Task A_visit_says_by_what_cause_and_branch_and_which_rule_matched()
    {
        var condition = """{"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}}""";
        var journey = await site.PublishAsync(Designs.Graph(
            "", [Designs.Start, condition, Designs.Content("one"), Designs.End],
            [("start", "", "plan"), ("plan", "pro", "one"), ("plan", "else", "end"), ("one", "", "end")]));
        await site.Sdk.IdentifyAsync(new() { UserId = "u1", Traits = Traits("plan", "pro") });
        var enrollment = await EnrollAsync(journey, "u1");
        await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), UserId = "u1", NodeId = "one" });

        var visits = (await site.Enrollments.ListVisitsAsync(new() { JourneyId = journey.ToString(), EnrollmentId = enrollment.Id })).Visits;

        Assert.Equal(["start", "plan", "one", "end"], visits.Select(visit => visit.NodeId));
        Assert.Equal(["sdk", "sdk", "sdk", "report:COMPLETED"], visits.Select(visit => visit.Cause));
        Assert.Equal("pro", visits[2].Branch);
        Assert.Equal("traits.plan EQ \"pro\"", visits[2].Detail);
    }

    [Fact]
    public async Task Of_somebody_who_waits_it_says_that_the_journey_is_paused()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "2s"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.PauseAsync(journey);

        Assert.EndsWith(" Nothing moves it while the journey is paused.", (await WhyAsync(journey, "u1")).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_user_and_a_journey_that_takes_nobody_are_named()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.PauseAsync(journey);

        var why = await WhyAsync(journey, "nobody");

        Assert.False(why.Enrolled);
        Assert.Equal(["JOURNEY_PUBLISHED", "KNOWN_USER", "AUTO_ENROLL", "TRIGGER"], Failing(why));
        Assert.Contains("paused", why.Summary, StringComparison.Ordinal);

        await site.ArchiveAsync(journey);
        Assert.Contains("archived", (await WhyAsync(journey, "nobody")).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_part_of_the_audience_that_fails_is_named()
    {
        var audience = await site.AudienceAsync("""
            {"group": {"operator": "AND", "rules": [
                {"condition": {"field": "traits.plan", "operator": "EXISTS"}}, {"event": {"name": "paid", "atLeast": 2}}]}}
            """);
        var journey = await site.PublishAsync(Designs.Row($"\"audienceId\": \"{audience}\", \"autoEnroll\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Sdk.IdentifyAsync(new() { UserId = "u1", Traits = Traits("plan", "pro") });
        await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { new Event { Id = $"{audience}", Name = "paid" } } });

        var why = await WhyAsync(journey, "u1");

        Assert.Equal(["AUDIENCE", "TRIGGER"], Failing(why));
        Assert.Equal(
            "The user is not in the journey. The user does not belong to the audience, because this is not true: is in audience Audience: did paid at least 2 times (it happened 1 time).", why.Summary);
    }

    [Fact]
    public async Task With_nothing_against_it_the_ways_in_are_named()
    {
        var journey = await site.PublishAsync(Designs.Row("", Paid, Designs.Content("one"), Designs.End));
        await site.Sdk.IdentifyAsync(new() { UserId = "u1" });

        var why = await WhyAsync(journey, "u1");

        Assert.Equal(["AUTO_ENROLL", "TRIGGER"], Failing(why));
        Assert.Equal(["AUTO_ENROLL", "TRIGGER"], why.Checks.Where(check => check.WayIn).Select(check => check.Reason));
        Assert.Equal("The user is not in the journey, although nothing prevents it. People enter by the event signed_up.", why.Summary);
    }

    [Fact]
    public async Task Whoever_was_in_before_learns_whether_and_when_they_may_come_back()
    {
        var once = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var again = await site.PublishAsync(Designs.Row(
            "\"reEnrollment\": \"ALWAYS\", \"reEnrollmentCooldown\": \"3600s\",", Designs.Start, Designs.Content("one"), Designs.End));
        foreach (var journey in (Guid[])[once, again])
        {
            await EnrollAsync(journey, "u1");
            await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), UserId = "u1", NodeId = "one" });
        }

        var never = await WhyAsync(once, "u1");
        var later = await WhyAsync(again, "u1");

        Assert.Equal(Enrollment.Types.Status.Completed, never.Enrollment.Status);
        Assert.Contains("reEnrollment NEVER", never.Summary, StringComparison.Ordinal);
        Assert.Contains("COOLDOWN", Failing(later));
        Assert.Contains("13:00:00 UTC", later.Summary, StringComparison.Ordinal);
        service.Clock.Advance(TimeSpan.FromHours(1));
        Assert.DoesNotContain("COOLDOWN", Failing(await WhyAsync(again, "u1")));
    }

    [Fact]
    public async Task A_visitor_learns_that_only_users_are_taken()
    {
        var users = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var everybody = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "v1" });

        Assert.Contains("ANONYMOUS_ALLOWED", Failing(await WhyAsync(users, "v1")));
        Assert.DoesNotContain("ANONYMOUS_ALLOWED", Failing(await WhyAsync(everybody, "v1")));
    }

    [Fact]
    public async Task Bad_ids_are_refused_by_name()
    {
        var problem = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.ExplainUserAsync(new() { JourneyId = "x", UserId = "u1" }).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, problem.StatusCode);
    }

    static Google.Protobuf.WellKnownTypes.Struct Traits(string key, string value) =>
        new() { Fields = { [key] = Google.Protobuf.WellKnownTypes.Value.ForString(value) } };

    static IEnumerable<string> Failing(ExplainUserResponse why) => why.Checks.Where(check => !check.Passed).Select(check => check.Reason);

    async Task<Enrollment> EnrollAsync(Guid journey, string userId) =>
        (await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = userId })).Enrollment;

    async Task<ExplainUserResponse> WhyAsync(Guid journey, string userId) =>
        await site.Enrollments.ExplainUserAsync(new() { JourneyId = journey.ToString(), UserId = userId });
}
