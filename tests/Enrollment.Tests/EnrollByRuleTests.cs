using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Jobs;
using Journeys.Protos.Enrollment.V1;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Rule = Journeys.Protos.Rule.V1.Rule;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Everybody whom a rule matches is enrolled by a job, and a preview says how many that are.</summary>
public sealed class EnrollByRuleTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int Limit = 7;
    const string Pro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_preview_counts_the_users_who_would_be_let_in_and_lets_in_nobody()
    {
        var journey = await JourneyAsync("\"allowAnonymous\": true,");
        await KnownAsync(pro: 25, free: 5);
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor", Traits = Traits("pro") });
        await site.EnterAsync(journey, "pro-0");

        var preview = await PreviewAsync(journey, Pro);

        Assert.Equal((24, 10), (preview.People, preview.Examples.Count));
        Assert.All(preview.Examples, user => Assert.StartsWith("pro-", user.UserId, StringComparison.Ordinal));
        Assert.DoesNotContain("pro-0", preview.Examples.Select(user => user.UserId));
        Assert.Single(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task Everybody_who_matches_is_let_in_over_several_chunks_and_nobody_twice()
    {
        // The audience is asked by sweeps and triggers, and not here.
        var audience = await site.AudienceAsync("""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "free"}}""");
        var journey = await JourneyAsync($"\"audienceId\": \"{audience}\",");
        await KnownAsync(pro: 3 * Limit, free: 5);
        await site.EnterAsync(journey, "pro-0");

        var job = await StartAsync(journey, Pro);
        var first = await RunAsync(journey, job.SubjectId);
        var again = await RunAsync(journey, job.SubjectId);

        Assert.Equal((Kind.RuleEnrollment, (3 * Limit) - 1), (job.Kind, job.Total));
        Assert.Equal(((3 * Limit) - 1, 0), (first.Changed, again.Changed));
        var enrollments = await site.EnrollmentsAsync(journey);
        Assert.Equal(Enumerable.Range(0, 3 * Limit).Select(n => $"pro-{n}").Order(), enrollments.Select(enrollment => enrollment.UserId).Order());
        var let = enrollments.First(enrollment => enrollment.UserId != "pro-0");
        Assert.Equal(Enrollment.Types.Source.Api, let.Source);
        var visits = await site.Enrollments.ListVisitsAsync(new() { JourneyId = $"{journey}", EnrollmentId = let.Id });
        Assert.Equal("rule", visits.Visits[0].Cause);
        await StoredState.CheckAsync(service, site.Id);
    }

    [Theory]
    [InlineData("NEVER", 0)]
    [InlineData("AFTER_EARLY_EXIT", 1)]
    public async Task Who_was_in_before_is_let_in_where_the_journey_allows_it(string reEnrollment, int people)
    {
        var journey = await JourneyAsync($"\"reEnrollment\": \"{reEnrollment}\",");
        await KnownAsync(pro: 1, free: 0);
        await site.EnterAsync(journey, "pro-0");
        await site.StopAsync(journey, "pro-0");
        service.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(people, (await PreviewAsync(journey, Pro)).People);
        var job = await StartAsync(journey, Pro);

        Assert.Equal((people, people), (job.Total, (await RunAsync(journey, job.SubjectId)).Changed));
    }

    [Fact]
    public async Task The_rule_is_evaluated_again_when_the_turn_of_a_person_comes()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 2, free: 1);
        var job = await StartAsync(journey, Pro);
        await site.IdentifyAsync("pro-0", traits: """{"plan": "free"}""");
        await site.IdentifyAsync("free-0", traits: """{"plan": "pro"}""");

        await RunAsync(journey, job.SubjectId);

        Assert.Equal(["free-0", "pro-1"], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.UserId).Order());
    }

    [Theory]
    [InlineData("""{}""", "userIds")]
    [InlineData("""{"userIds": ["u1"], "rule": {"event": {"name": "e"}}}""", "userIds")]
    [InlineData("""{"listId": "0198c7a0-0000-7000-8000-000000000000", "rule": {"event": {"name": "e"}}}""", "userIds")]
    [InlineData("""{"rule": {}}""", "rule")]
    [InlineData("""{"rule": {"condition": {"field": "journey.one.outcome", "operator": "EXISTS"}}}""", "rule.condition.field")]
    [InlineData("""{"rule": {"audience": {"audienceId": "0198c7a0-0000-7000-8000-000000000000"}}}""", "rule")]
    [InlineData("""{"rule": {"event": {"name": "e"}}, "properties": {"a": 1}}""", "properties")]
    [InlineData("""{"rule": {"event": {"name": "e"}}, "expectedPeople": -1}""", "expectedPeople")]
    [InlineData("""{"userIds": ["u1"], "expectedPeople": 1}""", "expectedPeople")]
    public async Task A_request_that_cannot_be_is_refused_with_its_field(string request, string field)
    {
        var journey = await JourneyAsync();
        var given = JsonParser.Default.Parse<EnrollUsersRequest>(request);
        given.JourneyId = $"{journey}";

        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.EnrollUsersAsync(given).ResponseAsync);

        Assert.Equal((StatusCode.InvalidArgument, field), (refused.StatusCode, FieldOf(refused)));
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"condition": {"field": "journey.one.outcome", "operator": "EXISTS"}}""")]
    public async Task A_preview_of_a_rule_that_cannot_be_is_refused_too(string rule)
    {
        var request = new PreviewEnrollmentRequest { JourneyId = $"{await JourneyAsync()}", Rule = rule.Length > 0 ? Parse(rule) : null };

        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.PreviewEnrollmentAsync(request).ResponseAsync);

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.StartsWith("rule", FieldOf(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_expected_far_fewer_people_is_told_and_nobody_is_let_in()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 31, free: 0);
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", Rule = Parse(Pro), ExpectedPeople = 20, RequestId = "r1" };

        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.EnrollUsersAsync(request).ResponseAsync);

        Assert.Equal((StatusCode.Aborted, "IMPACT_CHANGED"), (refused.StatusCode, ReasonOf(refused)));
        Assert.Contains("31 people match now, but 20 were expected", refused.Status.Detail, StringComparison.Ordinal);
        // The id of a refused request is not used up.
        request.ExpectedPeople = 21;
        Assert.Equal(31, (await site.Enrollments.EnrollUsersAsync(request)).Job.Total);
    }

    [Fact]
    public async Task A_repeat_starts_the_same_job_and_another_request_under_its_id_is_refused()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 3, free: 0);
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", Rule = Parse(Pro), RequestId = "r1" };

        var jobs = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => (await site.Enrollments.EnrollUsersAsync(request)).Job));
        await RunAsync(journey, jobs[0].SubjectId);
        var again = (await site.Enrollments.EnrollUsersAsync(request)).Job;
        request.Rule = Parse("""{"event": {"name": "paid"}}""");
        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.EnrollUsersAsync(request).ResponseAsync);

        Assert.Single(jobs.Append(again).Select(job => job.Id).Distinct());
        Assert.Equal(3, again.Total);
        Assert.Equal("REQUEST_ID_REUSED", ReasonOf(refused));
    }

    [Theory]
    [InlineData("paused", "JOURNEY_PAUSED")]
    [InlineData("halted", "SITE_HALTED")]
    [InlineData("archived", "JOURNEY_ARCHIVED")]
    public async Task A_journey_that_takes_nobody_refuses_both_calls_and_fails_a_job_that_runs(string rest, string reason)
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 3 * Limit, free: 0);
        var job = await StartAsync(journey, Pro);

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(journey, job.SubjectId, before: no => no == 2 ? RestAsync() : Task.CompletedTask));
        var previewing = await Assert.ThrowsAsync<RpcException>(() => PreviewAsync(journey, Pro));
        var starting = await Assert.ThrowsAsync<RpcException>(() => StartAsync(journey, Pro));

        Assert.StartsWith(rest == "halted" ? "The site is" : "The journey is", problem.Message, StringComparison.Ordinal);
        Assert.Equal([reason, reason], [ReasonOf(previewing), ReasonOf(starting)]);
        Assert.Equal(Limit, (await site.EnrollmentsAsync(journey)).Count);

        Task RestAsync() => rest switch
        {
            "paused" => site.PauseAsync(journey),
            "halted" => site.HaltAsync(),
            _ => site.ArchiveAsync(journey),
        };
    }

    [Fact]
    public async Task An_audience_that_was_deleted_meanwhile_fails_the_job()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 1);
        var audience = await site.AudienceAsync(Pro);
        // Without the audience the rule would match everybody.
        var job = await StartAsync(journey, $$"""{"not": {"rule": {"audience": {"audienceId": "{{audience}}"} } } }""");
        var deleted = site.Audience(audience, 2, "{}");
        (deleted.Deleted, deleted.Rule) = (true, null);
        await site.Apply.AudienceChangedAsync(deleted, CancellationToken.None);

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(journey, job.SubjectId));

        Assert.Equal("The rule names an audience that does not exist.", problem.Message);
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task A_job_whose_rule_is_not_known_fails_and_says_what_to_do()
    {
        var journey = await JourneyAsync();

        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(journey, $"{Guid.NewGuid()}"));

        Assert.Equal(
            "Enrollment no longer has the rule of this job: a database was restored from a backup, or the job ended more than a day ago. Enroll by the rule again.", problem.Message);
    }

    // It may name a person.
    [Fact]
    public async Task A_rule_is_forgotten_a_day_after_its_job()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 0);
        var job = await StartAsync(journey, Pro);
        await FirstChunkAsync(journey, job.Id);

        await ForgetAsync();
        Assert.True(await IsKeptAsync(job.Id));
        service.Desk.Ended[job.Id] = true;
        await ForgetAsync();
        Assert.False(await IsKeptAsync(job.Id));
    }

    // The answer of the chunk has arrived, and the next one is sent when the job's turn comes.
    [Fact]
    public async Task The_rule_of_a_job_that_waits_for_its_turn_is_kept()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 0);
        var job = await StartAsync(journey, Pro);
        await FirstChunkAsync(journey, job.Id);
        service.Desk.Waiting[job.Id] = 2;

        await ForgetAsync();

        Assert.True(await IsKeptAsync(job.Id));
    }

    [Fact]
    public async Task A_rule_and_the_record_of_its_job_are_forgotten_together()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 0);
        var job = await StartAsync(journey, Pro);
        await FirstChunkAsync(journey, job.Id);
        service.Desk.Ended[job.Id] = true;

        await ExecuteAsync("""
            create function enrollment.dies() returns trigger language plpgsql as 'begin raise exception ''As the test wants it.''; end';
            create trigger dies before delete on enrollment.rule_enrollment for each row execute function enrollment.dies()
            """);
        await Assert.ThrowsAsync<PostgresException>(ForgetAsync);
        await ExecuteAsync("drop function enrollment.dies() cascade");
        await ForgetAsync();

        Assert.False(await IsKeptAsync(job.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_rule_of_a_job_that_was_never_started_is_forgotten_and_that_of_one_that_waits_for_its_first_turn_is_not(bool isStarted)
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 0);
        var job = await StartAsync(journey, Pro);
        service.Desk.Waiting[job.Id] = isStarted ? 1 : int.MaxValue;
        await ExecuteAsync($"update enrollment.rule_enrollment set created_at = '{service.Clock.GetUtcNow():O}' where job_id = '{job.Id}'");

        for (var day = 0; day < 3; day++)
            await ForgetAsync();

        Assert.Equal(isStarted, await IsKeptAsync(job.Id));
    }

    [Fact]
    public async Task A_Scheduler_of_the_release_before_is_no_fault_of_the_caller()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 1, free: 0);
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", Rule = Parse(Pro), RequestId = "r1" };

        service.Desk.IsOlder = true;
        var refused = await Assert.ThrowsAsync<RpcException>(() => site.Enrollments.EnrollUsersAsync(request).ResponseAsync);
        service.Desk.IsOlder = false;

        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (refused.StatusCode, ReasonOf(refused)));
        Assert.NotEqual(TimeSpan.Zero, refused.GetRpcStatus()!.GetDetail<Google.Rpc.RetryInfo>()!.RetryDelay.ToTimeSpan());
        Assert.Equal(1, (await site.Enrollments.EnrollUsersAsync(request)).Job.Total);
    }

    [Fact]
    public async Task An_erased_user_is_not_let_in()
    {
        var journey = await JourneyAsync();
        await KnownAsync(pro: 2, free: 0);
        var job = await StartAsync(journey, Pro);
        await site.Profiles.EraseUserAsync(new() { UserId = "pro-0" });

        Assert.Equal(1, (await RunAsync(journey, job.SubjectId)).Changed);
        Assert.Equal(["pro-1"], (await site.EnrollmentsAsync(journey)).Where(one => one.Status == Status.Active).Select(one => one.UserId));
    }

    Task<Guid> JourneyAsync(string settings = "") => site.PublishAsync(Designs.Row(settings, Designs.Start, Designs.Content("one"), Designs.End));

    async Task KnownAsync(int pro, int free)
    {
        foreach (var (plan, count) in new[] { ("pro", pro), ("free", free) })
        {
            for (var n = 0; n < count; n++)
                await site.IdentifyAsync($"{plan}-{n}", traits: $$"""{"plan": "{{plan}}"}""");
        }
    }

    Task FirstChunkAsync(Guid journey, string jobId) => service.Get<ProcessChunk>().HandleAsync(
        new()
        {
            JobId = jobId,
            SiteId = $"{site.Id}",
            Kind = Kind.RuleEnrollment,
            ChunkNo = 1,
            Limit = Limit,
            JourneyId = $"{journey}",
            SubjectId = jobId,
        },
        CancellationToken.None);

    Task ForgetAsync()
    {
        service.Clock.Advance(TimeSpan.FromDays(2));
        return service.Get<ForgetChunks>().RunOnceAsync(CancellationToken.None);
    }

    Task<bool> IsKeptAsync(string jobId) => service.Database.InTransactionAsync(
        async transaction => await Enrollments.RuleEnrollmentStore.FindAsync(transaction, site.Id, Guid.Parse(jobId), CancellationToken.None) is not null,
        CancellationToken.None);

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    async Task<EnrollmentPreview> PreviewAsync(Guid journey, string rule) =>
        await site.Enrollments.PreviewEnrollmentAsync(new() { JourneyId = $"{journey}", Rule = Parse(rule) });

    async Task<Protos.Scheduler.V1.Job> StartAsync(Guid journey, string rule) =>
        (await site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", Rule = Parse(rule) })).Job;

    Task<(int Done, int Changed, int Total)> RunAsync(Guid journey, string subject, Func<int, Task>? before = null) =>
        new JobRunner(site, Limit).RunAsync(Kind.RuleEnrollment, journey, subject, before);

    static Google.Protobuf.WellKnownTypes.Struct Traits(string plan) =>
        Google.Protobuf.WellKnownTypes.Struct.Parser.ParseJson($$"""{"plan": "{{plan}}"}""");

    static Rule Parse(string json) => JsonParser.Default.Parse<Rule>(json);

    static string ReasonOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;

    static string FieldOf(RpcException exception) => exception.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations[0].Field;
}
