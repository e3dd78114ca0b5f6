using Dapper;
using Journeys.Protos.Enrollment.V1;
using Events = Journeys.Protos.Events.V1;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>Chunks of jobs under a worker that dies at every boundary and is asked for everything twice, see <see cref="JobRunner"/>.</summary>
public sealed class JobChunkTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Limit = 7;

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_sweep_enrolls_everybody_who_matches_once()
    {
        var journey = await AutoEnrollingAsync();
        await PeopleAsync(40, plan: "pro");
        await PeopleAsync(10, plan: "free");
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "pro-0", "pro-1", "pro-2", "pro-3", "pro-4" } });

        var job = await RunAsync(Kind.AudienceSweep, journey, between: async no =>
        {
            if (no == 2)
            {
                // One who was not reached yet goes, one comes and is let in at once.
                await site.Profiles.EraseUserAsync(new() { UserId = "pro-39" });
                await site.Sdk.IdentifyAsync(new() { UserId = "late", Traits = Plan("pro") });
            }
        });

        Assert.Equal((34, 34, 35), (job.Done, job.Changed, job.Total));
        var enrollments = await site.EnrollmentsAsync(journey);
        Assert.Equal(
            [.. Enumerable.Range(0, 39).Select(n => $"pro-{n}"), "late"],
            enrollments.Select(enrollment => enrollment.UserId).OrderBy(id => id.Length > 4 ? int.Parse(id[4..], null) : int.MaxValue));
        Assert.Equal(34, enrollments.Count(enrollment => enrollment.Source == Enrollment.Types.Source.Audience && enrollment.UserId != "late"));
    }

    [Fact]
    public async Task A_sweep_that_is_repeated_finds_nobody_and_one_of_a_paused_journey_ends()
    {
        var journey = await AutoEnrollingAsync();
        await PeopleAsync(10, plan: "pro");
        await RunAsync(Kind.AudienceSweep, journey);

        Assert.Equal((0, 0, 0), await RunAsync(Kind.AudienceSweep, journey));
        await PeopleAsync(5, plan: "pro", first: 10);
        await site.PauseAsync(journey);
        Assert.Equal((0, 0, 0), await RunAsync(Kind.AudienceSweep, journey));
    }

    [Fact]
    public async Task A_sweep_takes_visitors_where_the_journey_does()
    {
        var journey = await AutoEnrollingAsync("\"allowAnonymous\": true,");
        await InsertAsync("update enrollment.profile set traits = '{\"plan\": \"pro\"}' where site_id = @Id", async () =>
        {
            await site.Sdk.IdentifyAsync(new() { AnonymousId = "v1" });
            await site.Sdk.IdentifyAsync(new() { UserId = "u1" });
        });

        Assert.Equal((2, 2, 2), await RunAsync(Kind.AudienceSweep, journey));
        Assert.Equal(["", "u1"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId).Order());
    }

    [Fact]
    public async Task A_list_is_enrolled_whole()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await ListAsync(30);

        var job = await RunAsync(Kind.ListEnrollment, journey, list);

        Assert.Equal((30, 30), (job.Done, job.Changed));
        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Enrollment.Types.Source.List, enrollment.Source));
        Assert.Equal(30, (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId).Distinct().Count());
    }

    [Fact]
    public async Task A_pause_fails_the_enrollment_of_a_list_and_says_so()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await ListAsync(Limit);

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(Kind.ListEnrollment, journey, list, before: no => no == 1 ? site.PauseAsync(journey) : Task.CompletedTask));

        Assert.Equal("The journey is paused; nobody can enter until it is resumed.", problem.Message);
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task A_halt_fails_the_enrollment_of_a_list_and_enrolling_it_again_lets_in_the_others()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await ListAsync(3 * Limit);

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(Kind.ListEnrollment, journey, list, before: no => no == 2 ? site.HaltAsync() : Task.CompletedTask));
        var inside = (await site.EnrollmentsAsync(journey)).Count;
        await site.HaltAsync(false);
        var job = await RunAsync(Kind.ListEnrollment, journey, list);

        Assert.Equal("The site is halted; nobody can enter its journeys until an admin resumes it.", problem.Message);
        Assert.Equal((Limit, 3 * Limit, 2 * Limit), (inside, job.Done, job.Changed));
    }

    [Fact]
    public async Task An_archived_journey_lets_everybody_out()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "86400s"), Designs.End));
        await EnrollAsync(journey, 30);
        await site.Sdk.StopAsync(new() { JourneyId = journey.ToString(), UserId = "u-0" });
        await site.ArchiveAsync(journey);

        var job = await RunAsync(Kind.Archive, journey);

        Assert.Equal((29, 29, 29), job);
        var enrollments = await site.EnrollmentsAsync(journey);
        Assert.Equal(29, enrollments.Count(enrollment => enrollment is { Status: Enrollment.Types.Status.Archived, StopReason: "JOURNEY_ARCHIVED" }));
        Assert.Equal(30, (await site.SentAsync<Events.TimersCancelled>()).SelectMany(message => message.Timers).Count(timer => timer.JourneyId == journey.ToString()));
    }

    [Fact]
    public async Task An_archiving_passes_over_whom_somebody_else_has_locked_and_comes_back_to_them()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "86400s"), Designs.End));
        await EnrollAsync(journey, 30);
        await site.ArchiveAsync(journey);
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var held = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select from enrollment.enrollment where site_id = @Id order by enrollment_id limit 1 for update", new { site.Id }, held);

        var job = await RunAsync(Kind.Archive, journey, between: async _ =>
        {
            if (await ActiveAsync(journey) == 1)
                await held.RollbackAsync();
        });

        Assert.Equal((30, 30, 30), job);
        Assert.Equal(0, await ActiveAsync(journey));
    }

    [Fact]
    public async Task A_release_applies_everything_that_was_held_and_stops_at_the_next_pause()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await EnrollAsync(journey, 30);
        await site.PauseAsync(journey);
        foreach (var n in Enumerable.Range(0, 30))
        {
            foreach (var nodeId in (string[])["one", "two"])
                await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), UserId = $"u-{n}", NodeId = nodeId });
        }

        await site.ResumeAsync(journey);
        var first = await RunAsync(Kind.Release, journey, between: no => no == 1 ? site.PauseAsync(journey) : Task.CompletedTask);
        await site.ResumeAsync(journey);
        var second = await RunAsync(Kind.Release, journey);

        Assert.Equal((Limit, Limit, 30), first);
        Assert.Equal((30 - Limit, 30 - Limit, 30 - Limit), second);
        Assert.All(await site.EnrollmentsAsync(journey), enrollment => Assert.Equal(Enrollment.Types.Status.Completed, enrollment.Status));
    }

    [Fact]
    public async Task An_erasure_takes_as_many_slices_as_it_needs()
    {
        await site.Sdk.IdentifyAsync(new() { UserId = "busy" });
        await InsertAsync("""
            insert into enrollment.event (site_id, event_id, profile_id, name, occurred_at)
            select site_id, 'busy-' || n, profile_id, 'clicked', seen_at from enrollment.profile, generate_series(1, 12000) n where site_id = @Id
            """);
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = "busy" })).Job;

        var chunks = 1;
        var totals = await RunAsync(Kind.Erasure, null, job.SubjectId, between: no => Task.FromResult(chunks = no + 1));

        Assert.Equal((1, 1, 1), totals);
        Assert.Equal(3, chunks);
        await using var connection = await service.Database.OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from enrollment.event where site_id = @Id", new { site.Id }));
    }

    Task<(int Done, int Changed, int Total)> RunAsync(
        Kind kind, Guid? journey, string subject = "", Func<int, Task>? before = null, Func<int, Task>? between = null) =>
        new JobRunner(site, Limit).RunAsync(kind, journey, subject, before, between);

    async Task<int> ActiveAsync(Guid journey) =>
        (await site.EnrollmentsAsync(journey)).Count(enrollment => enrollment.Status == Enrollment.Types.Status.Active);

    async Task<Guid> AutoEnrollingAsync(string more = "")
    {
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""");
        return await site.PublishAsync(Designs.Row($"{more} \"audienceId\": \"{audience}\", \"autoEnroll\": true,", Designs.Start, Designs.Content("one"), Designs.End));
    }

    // Told to nobody, as if they had been there before the journey was published.
    Task PeopleAsync(int count, string plan, int first = 0) => InsertAsync($$"""
        insert into enrollment.profile (site_id, profile_id, user_id, traits, created_at, seen_at)
        select @Id, uuidv7(), '{{plan}}-' || n, '{"plan": "{{plan}}"}', now(), now() from generate_series({{first}}, {{first + count - 1}}) n
        """);

    async Task InsertAsync(string sql, Func<Task>? first = null)
    {
        await (first?.Invoke() ?? Task.CompletedTask);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { site.Id });
    }

    async Task EnrollAsync(Guid journey, int count) => await site.Enrollments.EnrollUsersAsync(
        new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, count).Select(n => $"u-{n}") } });

    async Task<string> ListAsync(int count)
    {
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { Enumerable.Range(0, count).Select(n => $"u-{n}") } });
        return list.Id;
    }

    static Google.Protobuf.WellKnownTypes.Struct Plan(string plan) =>
        new() { Fields = { ["plan"] = Google.Protobuf.WellKnownTypes.Value.ForString(plan) } };
}
