using Dapper;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>A visitor who turns out to be a user: the table of the product's section on people, row by row, and what goes with it.</summary>
public sealed class StitchingTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string TwoSteps = TwoStepsWith("");

    readonly TestSite site = service.NewSite();

    static string TwoStepsWith(string more) => Designs.Row(
        $"\"allowAnonymous\": true, {more}", Designs.Start, Designs.Content("one"), Designs.Wait("rest", "3600s"), Designs.Content("two"), Designs.End);

    [Theory]
    [InlineData(Status.Active)]
    [InlineData(Status.Completed)]
    [InlineData(Status.Stopped)]
    public async Task Where_the_user_has_none_the_visitors_becomes_the_users_with_position_and_history(Status status)
    {
        var journey = await site.PublishAsync(TwoSteps);
        var before = await BringAsync(journey, "visitor1", status);
        var visits = await site.NodesAsync(before);

        var answer = await site.IdentifyAsync("u1", "visitor1");

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.True(answer.Merged);
        Assert.Equal((before.Id, "u1", status, before.CurrentNodeId), (after.Id, after.UserId, after.Status, after.CurrentNodeId));
        Assert.Equal(visits, await site.NodesAsync(after));
        Assert.Equal(before.Id, (await site.EnterAsync(journey, "u1")).Enrollment.Id);
    }

    [Theory]
    [InlineData(Status.Active, Status.Active)]
    [InlineData(Status.Active, Status.Completed)]
    [InlineData(Status.Completed, Status.Active)]
    [InlineData(Status.Completed, Status.Completed)]
    [InlineData(Status.Stopped, Status.Active)]
    [InlineData(Status.Stopped, Status.Completed)]
    public async Task Where_the_users_is_active_or_completed_it_stays_and_the_visitors_is_archived_pointing_at_it(Status visitors, Status users)
    {
        var journey = await site.PublishAsync(TwoStepsWith("\"reEnrollment\": \"ALWAYS\","));
        var merged = await BringAsync(journey, "visitor1", visitors);
        var survivor = await BringAsync(journey, "u1", users);

        await site.IdentifyAsync("u1", "visitor1");

        var all = (await site.EnrollmentsAsync(journey)).ToDictionary(enrollment => enrollment.Id);
        Assert.Equal(2, all.Count);
        Assert.Equal((users, survivor.CurrentNodeId, "u1"), (all[survivor.Id].Status, all[survivor.Id].CurrentNodeId, all[survivor.Id].UserId));
        Assert.Equal((Status.Archived, survivor.Id, "u1"), (all[merged.Id].Status, all[merged.Id].MergedIntoId, all[merged.Id].UserId));
        Assert.Equal(survivor.Id, (await site.Sdk.ListPositionsAsync(new() { UserId = "u1" })).Journeys.Single().Enrollment.Id);
    }

    [Theory]
    [InlineData("NEVER", "0s", false)]
    [InlineData("AFTER_EARLY_EXIT", "0s", true)]
    [InlineData("ALWAYS", "0s", true)]
    [InlineData("ALWAYS", "86400s", false)]
    public async Task Where_the_users_was_stopped_the_visitors_is_a_new_attempt_if_the_journey_allows_one_else_archived(
        string policy, string cooldown, bool isAllowed)
    {
        var journey = await site.PublishAsync(TwoStepsWith($"\"reEnrollment\": \"{policy}\", \"reEnrollmentCooldown\": \"{cooldown}\","));
        var visitors = await BringAsync(journey, "visitor1", Status.Active);
        var users = await BringAsync(journey, "u1", Status.Stopped);

        await site.IdentifyAsync("u1", "visitor1");

        var all = (await site.EnrollmentsAsync(journey)).ToDictionary(enrollment => enrollment.Id);
        Assert.Equal((Status.Stopped, 1), (all[users.Id].Status, all[users.Id].Attempt));
        Assert.Equal(
            isAllowed ? (Status.Active, 2, "") : (Status.Archived, 2, users.Id),
            (all[visitors.Id].Status, all[visitors.Id].Attempt, all[visitors.Id].MergedIntoId));
        Assert.Equal(isAllowed ? visitors.Id : users.Id, (await site.EnterAsync(journey, "u1")).Enrollment.Id);
    }

    [Fact]
    public async Task Attempts_of_a_joined_person_are_numbered_once_each_and_the_next_one_follows_them_all()
    {
        var journey = await site.PublishAsync(TwoStepsWith("\"reEnrollment\": \"ALWAYS\","));
        await BringAsync(journey, "u1", Status.Stopped);
        var users = await BringAsync(journey, "u1", Status.Active);
        await BringAsync(journey, "visitor1", Status.Stopped);
        var visitors = await BringAsync(journey, "visitor1", Status.Active);
        await BringAsync(journey, "visitor2", Status.Active);

        await site.IdentifyAsync("u1", "visitor1");
        await site.IdentifyAsync("u1", "visitor2");
        await site.StopAsync(journey, "u1");
        var next = (await site.EnterAsync(journey, "u1")).Enrollment;

        var all = await site.EnrollmentsAsync(journey);
        Assert.Equal([1, 2, 3, 4, 5, 6], all.Select(enrollment => enrollment.Attempt).Order());
        Assert.Equal((2, 4, 6), (AttemptOf(users), AttemptOf(visitors), next.Attempt));

        int AttemptOf(Enrollment known) => all.Single(enrollment => enrollment.Id == known.Id).Attempt;
    }

    [Fact]
    public async Task Attempts_that_bore_the_same_number_are_numbered_anew_by_the_migration()
    {
        var journey = await site.PublishAsync(TwoStepsWith("\"reEnrollment\": \"ALWAYS\","));
        await BringAsync(journey, "u1", Status.Stopped);
        await BringAsync(journey, "u1", Status.Active);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("alter table enrollment.enrollment drop constraint enrollment_attempt", transaction: transaction);
        await connection.ExecuteAsync("create index enrollment_person on enrollment.enrollment (site_id, profile_id)", transaction: transaction);
        await connection.ExecuteAsync("update enrollment.enrollment set attempt = 1 where site_id = @id", new { id = site.Id }, transaction);

        await using var script = typeof(EnrollmentApp).Assembly.GetManifestResourceStream(
            typeof(EnrollmentApp).Assembly.GetManifestResourceNames().Single(name => name.EndsWith("number_attempts_once.sql", StringComparison.Ordinal)))!;
        await connection.ExecuteAsync(await new StreamReader(script).ReadToEndAsync(), transaction: transaction);
        await transaction.CommitAsync();

        Assert.Equal([1, 2], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.Attempt));
    }

    [Fact]
    public async Task A_running_wait_goes_on_and_its_own_timer_still_fires()
    {
        var journey = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        var waiting = (await site.ReportAsync(journey, "visitor1", "one")).Enrollment;

        await site.IdentifyAsync("u1", "visitor1");
        var early = await site.PassAsync(TimeSpan.FromSeconds(3599));
        var moved = await site.PassAsync(TimeSpan.FromSeconds(1));

        var after = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((0, 1, waiting.Id, "two"), (early, moved, after.Id, after.CurrentNodeId));
        Assert.Single((await site.SentAsync<Events.TimersRequested>()).SelectMany(message => message.Timers), timer => timer.EnrollmentId == waiting.Id);
    }

    [Fact]
    public async Task Signals_that_are_held_during_a_pause_follow_the_visitor()
    {
        var journey = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        await site.PauseAsync(journey);
        var held = await site.ReportAsync(journey, "visitor1", "one");

        await site.IdentifyAsync("u1", "visitor1");
        await site.ResumeAsync(journey);
        await site.RunJobAsync(Job.Types.Kind.Release, journey);

        Assert.True(held.Held);
        Assert.Equal(("rest", "u1"), (await site.EnrollmentsAsync(journey)).Select(e => (e.CurrentNodeId, e.UserId)).Single());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_late_report_of_an_enrollment_that_was_merged_away_finishes_nothing_of_the_users(int visitNo)
    {
        var journey = await site.PublishAsync(Designs.Row(
            "\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "visitor1");
        await site.EnterAsync(journey, "u1");
        var report = new ReportProgressRequest { JourneyId = $"{journey}", AnonymousId = "visitor1", NodeId = "one", VisitNo = visitNo };
        var first = await site.Sdk.ReportProgressAsync(report);
        await site.IdentifyAsync("u1", "visitor1");

        var late = await site.Sdk.ReportProgressAsync(report);
        service.Clock.Advance(TimeSpan.FromSeconds(11));
        var real = await site.Sdk.ReportProgressAsync(report);

        Assert.Equal([true, false, true], [first.Applied, late.Applied, real.Applied]);
        Assert.Equal(("one", "two"), (late.Enrollment.CurrentNodeId, real.Enrollment.CurrentNodeId));
    }

    [Fact]
    public async Task A_split_keeps_its_variant_at_the_same_node_and_at_the_next_round()
    {
        const string split = """{"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}}""";
        var journey = await site.PublishAsync(Designs.Graph(
            "\"allowAnonymous\": true,",
            [Designs.Start, split, Designs.Content("a"), Designs.Content("b"), """{"id": "more", "condition": {"branches": [{"name": "yes", "rule": {"condition": {"field": "traits.done", "operator": "NOT_EXISTS"}}}]}}""", Designs.End],
            [("start", "", "half"), ("half", "a", "a"), ("half", "b", "b"), ("a", "", "more"), ("b", "", "more"), ("more", "yes", "half"), ("more", "else", "end")]));

        foreach (var n in Enumerable.Range(0, 12))
        {
            var variant = (await site.EnterAsync(journey, $"visitor{n}")).Step.NodeId;
            await site.IdentifyAsync($"user-{n}", $"visitor{n}");
            Assert.Equal(variant, (await site.ReportAsync(journey, $"user-{n}", variant)).Step.NodeId);
        }
    }

    [Fact]
    public async Task Who_saw_a_variant_as_a_visitor_sees_it_at_every_later_attempt_as_a_user()
    {
        var journey = await site.PublishAsync(Designs.Graph(
            "\"allowAnonymous\": true, \"reEnrollment\": \"ALWAYS\",",
            [Designs.Start, """{"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}}""", Designs.End, """{"id": "b", "exit": {"outcome": "b"}}"""],
            [("start", "", "half"), ("half", "a", "end"), ("half", "b", "b")]));

        foreach (var n in Enumerable.Range(0, 12))
        {
            var outcome = (await site.EnterAsync(journey, $"visitor{n}")).Enrollment.Outcome;
            await site.IdentifyAsync($"user-{n}", $"visitor{n}");
            var second = (await site.EnterAsync(journey, $"user-{n}")).Enrollment;
            var third = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { $"user-{n}" } });
            Assert.Equal((2, outcome), (second.Attempt, second.Outcome));
            Assert.Equal((3, outcome), (third.Results[0].Enrollment.Attempt, third.Results[0].Enrollment.Outcome));
        }
    }

    [Fact]
    public async Task Events_move_to_the_user_and_a_trait_the_user_already_has_wins()
    {
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1", Traits = new() { Fields = { ["plan"] = new() { StringValue = "free" }, ["ref"] = new() { StringValue = "ad" } } } });
        await site.DoAsync("visitor1", "looked");

        await site.IdentifyAsync("u1", "visitor1");

        var user = await site.Profiles.GetUserAsync(new() { UserId = "u1" });
        Assert.Equal(("pro", "ad"), (user.User.Traits.Fields["plan"].StringValue, user.User.Traits.Fields["ref"].StringValue));
        Assert.Equal(["looked"], user.Events.Select(happened => happened.Name));
        Assert.Equal(["visitor1"], user.User.AnonymousIds);
    }

    [Fact]
    public async Task A_visitor_joined_to_one_user_never_moves_to_another_and_two_users_never_merge()
    {
        var journey = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        await site.IdentifyAsync("u1", "visitor1");

        var answer = await site.IdentifyAsync("u2", "visitor1", """{"name": "Two"}""");

        Assert.False(answer.Merged);
        Assert.Empty(answer.Journeys);
        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
        Assert.Equal(["visitor1"], (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.AnonymousIds);
        var two = (await site.Profiles.GetUserAsync(new() { UserId = "u2" })).User;
        Assert.Empty(two.AnonymousIds);
        Assert.Equal("Two", two.Traits.Fields["name"].StringValue);
    }

    [Fact]
    public async Task Repeating_it_changes_nothing()
    {
        var journey = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        await site.IdentifyAsync("u1", "visitor1");
        var before = await site.EnrollmentsAsync(journey);

        var again = await site.IdentifyAsync("u1", "visitor1");

        Assert.False(again.Merged);
        Assert.Equal(before, await site.EnrollmentsAsync(journey));
        Assert.Single((await site.SentAsync<Events.ProfileMerged>()), merged => merged.SiteId == site.Id.ToString());
    }

    [Fact]
    public async Task Racing_identify_calls_join_once_and_a_visitor_to_one_user_only()
    {
        var journey = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        await site.EnterAsync(journey, "u1");

        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(n => site.IdentifyAsync($"u{1 + (n % 3)}", "visitor1")));

        Assert.Single(answers, answer => answer.Merged);
        Assert.Equal(2, (await site.EnrollmentsAsync(journey)).Count);
        Assert.Single(await site.SentAsync<Events.ProfileMerged>(), merged => merged.SiteId == site.Id.ToString());
    }

    [Fact]
    public async Task Reports_events_and_timers_that_race_with_it_are_all_applied()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.End));
        var waits = await site.PublishAsync(TwoSteps);
        var visitors = Enumerable.Range(0, 40).ToList();
        foreach (var n in visitors)
        {
            await site.EnterAsync(journey, $"visitor{n}");
            await site.EnterAsync(waits, $"visitor{n}");
            await site.ReportAsync(waits, $"visitor{n}", "one");
        }

        service.Clock.Advance(TimeSpan.FromHours(1));

        var identifying = visitors.Select(n => site.IdentifyAsync($"user-{n}", $"visitor{n}"));
        var reporting = visitors.Select(n => site.ReportAsync(journey, $"visitor{n}", "one"));
        await Task.WhenAll([.. identifying.Zip(reporting).SelectMany(pair => new Task[] { pair.First, pair.Second }), site.PassAsync(TimeSpan.Zero)]);
        await Task.WhenAll(visitors.Select(n => site.DoAsync($"visitor{n}", "go")));

        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Status.Completed, enrollment.Status));
        Assert.All(await site.EnrollmentsAsync(waits), enrollment => Assert.Equal("two", enrollment.CurrentNodeId));
    }

    [Fact]
    public async Task What_waited_for_it_finds_the_enrollment_under_its_new_owner()
    {
        var journey = await site.PublishAsync(TwoSteps);
        var waits = await site.PublishAsync(TwoSteps);
        await site.EnterAsync(journey, "visitor1");
        await site.EnterAsync(waits, "visitor1");
        await site.ReportAsync(waits, "visitor1", "one");
        service.Clock.Advance(TimeSpan.FromHours(1));

        // Whoever wants one of the rows queues up, the joining first.
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.enrollment where site_id = @id for update", new { id = site.Id }, transaction);
        var identifying = site.IdentifyAsync("u1", "visitor1");
        await WaitersAsync(1);
        var reporting = site.ReportAsync(journey, "visitor1", "one");
        var passing = site.PassAsync(TimeSpan.Zero);
        await WaitersAsync(3);
        await transaction.CommitAsync();

        Assert.True((await identifying).Merged);
        Assert.True((await reporting).Applied);
        Assert.Equal(1, await passing);
    }

    Task WaitersAsync(int count) => Eventually.Equal(count, service.Database.CountWaitersAsync, "sessions that wait for a lock");

    // Brings a person to a status in the journey of two steps.
    async Task<Enrollment> BringAsync(Guid journey, string person, Status status)
    {
        var enrollment = (await site.EnterAsync(journey, person)).Enrollment;
        if (status == Status.Active)
            return enrollment;
        if (status == Status.Stopped)
            return await site.StopAsync(journey, person);

        await site.ReportAsync(journey, person, "one");
        await site.PassAsync(TimeSpan.FromHours(1));
        return (await site.ReportAsync(journey, person, "two")).Enrollment;
    }
}
