using Journeys.Enrollments.Enrollments;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>What one call does to an enrollment that the same call made, or moved before, is stored as it was answered.</summary>
public sealed class SameCallTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string SignUp = """{"id": "start", "trigger": {"customEvent": {"eventName": "signup"}}}""";
    const string Paid = """{"id": "hold", "waitForEvent": {"events": [{"eventName": "paid"}], "timeout": "3600s"}}""";
    const string Late = """{"id": "late", "exit": {"outcome": "late"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task An_event_lets_somebody_in_and_the_next_one_moves_them_on()
    {
        var journey = await EventsAsync();

        var answer = await site.DoAsync("u1", "signup", "paid");
        var again = await site.DoAsync("u1", "paid");

        var stored = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(stored.ForPages(), Assert.Single(answer.Journeys).Enrollment);
        Assert.Equal((Status.Completed, "end"), (stored.Status, stored.CurrentNodeId));
        Assert.Equal(["start", "hold", "end"], await site.NodesAsync(stored));
        Assert.Empty(again.Journeys);
    }

    [Fact]
    public async Task Whoever_was_let_in_and_moved_in_one_call_is_moved_by_timers_and_events_as_everybody_is()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "", [SignUp, Designs.Hold("first", "go"), Paid, Designs.End, Late],
            [("start", "", "first"), ("first", "event", "hold"), ("hold", "event", "end"), ("hold", "timeout", "late")]));
        await site.DoAsync("u1", "signup", "go");
        await site.DoAsync("u2", "signup", "go", "paid");

        var moved = await site.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(1, moved);
        Assert.Equal(["late", "done"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.Outcome));
    }

    [Fact]
    public async Task Who_finishes_and_begins_anew_in_one_call_has_both_attempts()
    {
        var journey = await EventsAsync("\"reEnrollment\": \"ALWAYS\",");

        var answer = await site.DoAsync("u1", "signup", "paid", "signup", "paid", "signup");

        var stored = await site.EnrollmentsAsync(journey);
        Assert.Equal([(1, Status.Completed), (2, Status.Completed), (3, Status.Active)], stored.Select(enrollment => (enrollment.Attempt, enrollment.Status)));
        Assert.Equal(stored, answer.Journeys.Select(position => position.Enrollment).OrderBy(enrollment => enrollment.Attempt));
    }

    [Fact]
    public async Task An_attempt_that_ends_and_the_next_that_begins_in_one_call_are_both_stored()
    {
        var journey = await EventsAsync("\"reEnrollment\": \"ALWAYS\",");
        await site.DoAsync("u1", "signup");

        await site.DoAsync("u1", "paid", "signup");

        Assert.Equal([Status.Completed, Status.Active], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.Status));
    }

    [Fact]
    public async Task A_join_a_trait_and_an_event_after_it_leave_what_was_answered()
    {
        var journey = await EventsAsync("\"allowAnonymous\": true,");
        await site.DoAsync("visitor1", "signup");
        var joined = await site.IdentifyAsync("u1", "visitor1", """{"plan": "pro"}""");

        var answer = await site.DoAsync("u1", "paid");

        var stored = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((true, "u1", Status.Completed), (joined.Merged, stored.UserId, stored.Status));
        Assert.Equal(stored.ForPages(), Assert.Single(answer.Journeys).Enrollment);
    }

    Task<Guid> EventsAsync(string more = "") => site.PublishAsync(Designs.Graph(
        more, [SignUp, Paid, Designs.End, Late], [("start", "", "hold"), ("hold", "event", "end"), ("hold", "timeout", "late")]));
}
