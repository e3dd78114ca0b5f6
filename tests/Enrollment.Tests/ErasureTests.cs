using System.Diagnostics.Metrics;
using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Erasure;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>An erased user is gone everywhere, at once and for good.</summary>
public sealed class ErasureTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    // Ids that occur nowhere else, to be searched for in every table.
    string User => $"erase-me-{site.Id:N}";

    string Visitor => $"visitor-of-{User}";

    [Fact]
    public async Task Nothing_that_names_the_user_is_left_in_any_table_of_any_service()
    {
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var (running, ended) = await LiveAsync();
        await scheduler.PumpAsync();
        // The broker is down from here on, so that facts that name the user wait in the outbox.
        await site.Sdk.StopAsync(new() { JourneyId = ended.ToString(), UserId = User });
        await site.PauseAsync(running);
        await site.Sdk.RecordEventsAsync(new() { UserId = User, Events = { new Event { Id = "e-held", Name = "paid", Properties = Named() } } });
        Assert.NotEmpty(await MentionsAsync());

        var job = (await site.Profiles.EraseUserAsync(new() { UserId = User })).Job;
        await StartJobsAsync();
        await scheduler.PumpAsync();

        Assert.Empty(await MentionsAsync());
        Assert.DoesNotContain(User, job.SubjectId, StringComparison.Ordinal);
        var done = await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id });
        Assert.Equal((Job.Types.Status.Completed, 1, 1), (done.Status, done.Done, done.Total));
        Assert.Equal(0, await scheduler.TimersAsync(site));
        foreach (var table in (string[])["profile", "visitor", "event", "user_list_member", "enrollment", "visit", "content_outcome", "response", "held_signal", "erasure"])
            Assert.Equal(0, await CountAsync($"enrollment.{table}"));
    }

    [Fact]
    public async Task Only_messages_that_name_the_user_are_written_anew_however_many_wait()
    {
        // Part of nearly every id, and as many messages as are never read at once.
        const string user = "4";
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("wait", "86400s"), Designs.End));
        await site.EnterAsync(journey, "other");
        await site.EnterAsync(journey, user);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into enrollment.outbox (outbox_id, message_type, body)
            select gen_random_uuid(), message_type, body
            from enrollment.outbox, generate_series(1, 120)
            where message_type = 'journeys.events.v1.EnrollmentStarted' and position(@Id in encode(body, 'escape')) > 0
            """, new { Id = site.Id.ToString() });
        var (before, named) = await OutboxAsync(user);

        await site.Profiles.EraseUserAsync(new() { UserId = user });

        var (after, left) = await OutboxAsync(user);
        Assert.Equal(121, named.Count);
        Assert.Empty(left);
        Assert.Equal(before, after);
    }

    // The rows of this site that name no such user with what PostgreSQL calls their version, and the ids of those that do.
    async Task<(Dictionary<Guid, string> Others, IReadOnlyList<Guid> Named)> OutboxAsync(string user)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        var rows = (await connection.QueryAsync<(Guid Id, byte[] Body, string Version)>(
            "select outbox_id, body, xmin::text from enrollment.outbox where message_type = 'journeys.events.v1.EnrollmentStarted'"))
            .Select(row => (row.Id, row.Version, Message: Events.EnrollmentStarted.Parser.ParseFrom(row.Body)))
            .Where(row => row.Message.SiteId == site.Id.ToString())
            .ToLookup(row => row.Message.Enrollments.Single().UserId);
        return (rows["other"].ToDictionary(row => row.Id, row => row.Version), [.. rows[user].Select(row => row.Id)]);
    }

    [Fact]
    public async Task Of_a_long_outbox_the_call_looks_at_the_beginning_and_replicas_share_the_rest_whatever_crashes()
    {
        var (elsewhere, other) = (service.NewSite(), $"other-{site.Id:N}");
        await LiveAsync();
        await site.IdentifyAsync(other);
        await using var connection = await service.Database.OpenConnectionAsync();
        await AddMessagesAsync(connection, 20_000, elsewhere, User, other);
        await AddMessagesAsync(connection, 40, site, User, other);
        var untouched = await VersionsAsync(connection, elsewhere);

        await site.Profiles.EraseUserAsync(new() { UserId = User });
        await site.Profiles.EraseUserAsync(new() { UserId = other });
        var (left, named) = (await CountAsync("enrollment.redaction"), await NamingAsync(connection, User, other));
        await connection.ExecuteAsync("alter table enrollment.redaction add constraint crash check (false) not valid");
        await Assert.ThrowsAsync<PostgresException>(() => Redactions().RunOnceAsync(CancellationToken.None));
        await connection.ExecuteAsync("alter table enrollment.redaction drop constraint crash");
        var mentions = await MentionsAsync();
        await Task.WhenAll(FinishAsync(Redactions()), FinishAsync(Redactions()));

        Assert.Equal((2, true), (left, named >= 40));
        Assert.DoesNotContain(mentions, mention => mention.Contains("redaction", StringComparison.Ordinal));
        Assert.Equal(0, await NamingAsync(connection, User, other));
        Assert.Equal(untouched, await VersionsAsync(connection, elsewhere));
        service.MessagesLeave = true;
        await connection.ExecuteAsync("delete from enrollment.outbox");
    }

    [Fact]
    public async Task The_job_of_an_erasure_does_not_end_before_no_message_names_the_user()
    {
        await LiveAsync();
        await using var connection = await service.Database.OpenConnectionAsync();
        await AddMessagesAsync(connection, 12_000, service.NewSite(), "somebody", "another");
        await AddMessagesAsync(connection, 1, site, User, "another");
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = User })).Job;
        var chunks = 1;

        await new JobRunner(site).RunAsync(Job.Types.Kind.Erasure, journey: null, job.SubjectId, between: no =>
        {
            chunks = no + 1;
            return Task.CompletedTask;
        });

        Assert.True(chunks > 1);
        Assert.Equal(0, await NamingAsync(connection, User, User));
        Assert.Equal(0, await CountAsync("enrollment.redaction"));
        service.MessagesLeave = true;
        await connection.ExecuteAsync("delete from enrollment.outbox");
    }

    // A replica's.
    FinishRedactions Redactions() => new(
        service.Database, service.Get<RedactOutbox>(), service.Get<IMeterFactory>(), service.Clock, NullLogger<FinishRedactions>.Instance);

    async Task FinishAsync(FinishRedactions redactions)
    {
        while (await CountAsync("enrollment.redaction") > 0)
            await redactions.RunOnceAsync(CancellationToken.None);
    }

    // Newest of all, each about both.
    static async Task AddMessagesAsync(NpgsqlConnection connection, int count, TestSite of, params string[] users)
    {
        var message = new Events.EnrollmentStarted { SiteId = of.Id.ToString(), Enrollments = { users.Select(user => new Events.EnrollmentFact { UserId = user }) } };
        await connection.ExecuteAsync(
            "insert into enrollment.outbox (outbox_id, message_type, body) select id, @type, @body from unnest(@ids) as added (id)",
            new { type = Events.EnrollmentStarted.Descriptor.FullName, body = message.ToByteArray(), ids = Enumerable.Range(0, count).Select(_ => FreshId.Make()).ToArray() });
    }

    static async Task<Dictionary<Guid, string>> VersionsAsync(NpgsqlConnection connection, TestSite of) =>
        (await connection.QueryAsync<(Guid Id, string Version)>(
            "select outbox_id, xmin::text from enrollment.outbox where position(@site in body) > 0", new { site = Bytes($"{of.Id}") }))
        .ToDictionary(row => row.Id, row => row.Version);

    Task<long> NamingAsync(NpgsqlConnection connection, string user, string other) => connection.ExecuteScalarAsync<long>(
        "select count(*) from enrollment.outbox where position(@site in body) > 0 and (position(@user in body) > 0 or position(@other in body) > 0)",
        new { site = Bytes($"{site.Id}"), user = Bytes(user), other = Bytes(other) });

    static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    [Fact]
    public async Task Answers_go_also_when_a_release_that_does_not_know_of_them_ends_the_erasure()
    {
        await LiveAsync();
        await site.Profiles.EraseUserAsync(new() { UserId = User });
        Assert.NotEqual(0, await CountAsync("enrollment.response"));
        await using var connection = await service.Database.OpenConnectionAsync();

        await connection.ExecuteAsync("delete from enrollment.erasure where site_id = @Id", new { site.Id });

        Assert.Equal(0, await CountAsync("enrollment.response"));
    }

    [Fact]
    public async Task The_user_is_gone_from_every_answer_before_the_job_has_run()
    {
        var (running, ended) = await LiveAsync();

        await site.Profiles.EraseUserAsync(new() { UserId = User });

        await RefusedAsync(StatusCode.NotFound, () => site.Profiles.GetUserAsync(new() { UserId = User }));
        await RefusedAsync(StatusCode.NotFound, () => site.Profiles.ExportUserAsync(new() { UserId = User }));
        Assert.Empty((await site.Profiles.ListUsersAsync(new())).Users);
        Assert.Empty(await site.EnrollmentsAsync(running));
        Assert.Empty(await site.EnrollmentsAsync(ended));
        var list = Assert.Single((await site.Lists.ListUserListsAsync(new())).UserLists);
        Assert.Equal(0, list.Members);
        Assert.Empty((await site.Lists.ListMembersAsync(new() { Id = list.Id })).UserIds);
        Assert.Empty((await site.Sdk.ListPositionsAsync(new() { UserId = User })).Journeys);
        var why = await site.Enrollments.ExplainUserAsync(new() { JourneyId = running.ToString(), UserId = User });
        Assert.Contains(why.Checks, check => check is { Reason: "NOT_ERASED", Passed: false });
    }

    [Fact]
    public async Task A_running_enrollment_is_stopped_and_counts_stay()
    {
        var (running, _) = await LiveAsync();
        var before = await CountsAsync(running);

        await site.Profiles.EraseUserAsync(new() { UserId = User });

        var after = await CountsAsync(running);
        Assert.Equal((before.Active - 1, before.Stopped + 1), (after.Active, after.Stopped));
        var analytics = await site.Enrollments.GetAnalyticsAsync(new() { JourneyId = running.ToString() });
        Assert.Equal(0, analytics.Nodes.Sum(node => node.HereNow));
        var fact = Assert.Single((await site.SentAsync<Events.EnrollmentStopped>()).Where(message => message.SiteId == site.Id.ToString())
            .SelectMany(message => message.Enrollments), fact => fact.JourneyId == running.ToString());
        Assert.Equal(("ERASED", "", ""), (fact.StopReason, fact.UserId, fact.AnonymousId));
    }

    [Fact]
    public async Task Later_calls_with_any_of_the_ids_are_refused_and_revive_nobody()
    {
        var (running, _) = await LiveAsync();
        var list = (await site.Lists.ListUserListsAsync(new())).UserLists.Single();
        await site.Profiles.EraseUserAsync(new() { UserId = User });

        foreach (var (userId, anonymousId) in ((string, string)[])[(User, ""), ("", Visitor), (User, "another"), ("another", Visitor)])
        {
            await RefusedAsync(StatusCode.FailedPrecondition, () => site.Sdk.IdentifyAsync(new() { UserId = userId, AnonymousId = anonymousId }));
            await RefusedAsync(StatusCode.FailedPrecondition, () => site.Sdk.RecordEventsAsync(
                new() { UserId = userId, AnonymousId = anonymousId, Events = { new Event { Name = "paid" } } }));
            await RefusedAsync(StatusCode.FailedPrecondition, () => site.Sdk.EnrollAsync(
                new() { JourneyId = running.ToString(), UserId = userId, AnonymousId = anonymousId }));
        }

        var enrolled = await site.Enrollments.EnrollUsersAsync(new() { JourneyId = running.ToString(), UserIds = { User, "innocent" } });
        Assert.Equal(["ERASED", null], enrolled.Results.Select(result => result.Error?.Reason));
        var changed = await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { User, "innocent" } });
        Assert.Equal((1, 1), (changed.Added, changed.Members));
        Assert.Equal("innocent", Assert.Single((await site.Profiles.ListUsersAsync(new())).Users).UserId);
        Assert.Equal(0, await CountAsync("enrollment.visitor"));
    }

    [Fact]
    public async Task Erasing_again_answers_with_the_same_job_and_an_unknown_user_is_not_found()
    {
        await LiveAsync();

        var first = await site.Profiles.EraseUserAsync(new() { UserId = User });
        var second = await site.Profiles.EraseUserAsync(new() { UserId = User });

        Assert.Equal(first.Job, second.Job);
        await RefusedAsync(StatusCode.NotFound, () => site.Profiles.EraseUserAsync(new() { UserId = "never-seen" }));
    }

    [Fact]
    public async Task With_the_Scheduler_down_the_call_succeeds_and_the_job_starts_later()
    {
        await LiveAsync();
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = User })).Job;
        Assert.Equal(Job.Types.Status.Running, job.Status);

        await using var scheduler = await SchedulerBeside.StartAsync(service);
        await StartJobsAsync();
        await scheduler.PumpAsync();

        Assert.Equal(Job.Types.Status.Completed, (await scheduler.JobsOf(site).GetJobAsync(new() { Id = job.Id })).Status);
        Assert.Empty(await MentionsAsync());
    }

    [Fact]
    public async Task Erasures_that_the_Scheduler_refuses_do_not_keep_others_however_many_they_are()
    {
        await LiveAsync();
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = User })).Job;
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        await using var connection = await service.Database.OpenConnectionAsync();
        // Their ids are those of another site's jobs, and come first.
        var (refused, elsewhere) = (Guid.CreateVersion7(), service.NewSite());
        for (var number = 1; number <= 45; number++)
        {
            var id = new Guid(number, 0, 0, new byte[8]);
            await scheduler.JobsOf(elsewhere).StartJobAsync(
                new() { Id = id.ToString(), Kind = Job.Types.Kind.Erasure, SubjectId = $"{id}", Total = 1 });
            await connection.ExecuteAsync(
                "insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids) values (@refused, @id, @id, '{}')", new { refused, id });
        }

        await Eventually.True(
            async () =>
            {
                await service.Get<StartErasures>().RunOnceAsync(CancellationToken.None);
                return await connection.ExecuteScalarAsync<bool>(
                    "select started_at is not null from enrollment.erasure where job_id = @id", new { id = Guid.Parse(job.Id) });
            },
            "the erasure behind them to start");

        await connection.ExecuteAsync("delete from enrollment.erasure where site_id = @refused", new { refused });
    }

    [Fact]
    public async Task An_erasure_cannot_be_cancelled()
    {
        await LiveAsync();
        await using var scheduler = await SchedulerBeside.StartAsync(service);
        var job = (await site.Profiles.EraseUserAsync(new() { UserId = User })).Job;
        await StartJobsAsync();

        await RefusedAsync(StatusCode.FailedPrecondition, () => scheduler.JobsOf(site).CancelJobAsync(new() { Id = job.Id }));
    }

    [Fact]
    public async Task Calls_that_race_with_the_erasure_leave_nothing_behind()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Racers" });
        foreach (var n in Enumerable.Range(0, 12))
            await site.Sdk.IdentifyAsync(new() { UserId = $"racer-{n}", AnonymousId = $"racer-v-{n}" });

        await Task.WhenAll(Enumerable.Range(0, 12).SelectMany(n => (Task[])
        [
            QuietAsync(site.Sdk.IdentifyAsync(new() { UserId = $"racer-{n}", AnonymousId = $"racer-late-{n}" })),
            QuietAsync(site.Sdk.RecordEventsAsync(new() { AnonymousId = $"racer-v-{n}", Events = { new Event { Name = "paid" } } })),
            QuietAsync(site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { $"racer-{n}" } })),
            site.Profiles.EraseUserAsync(new() { UserId = $"racer-{n}" }).ResponseAsync,
            QuietAsync(site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { $"racer-{n}" } })),
            QuietAsync(site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = $"racer-{n}" })),
        ]));

        Assert.Empty((await site.Profiles.ListUsersAsync(new())).Users);
        Assert.Equal(0, (await site.Lists.GetUserListAsync(new() { Id = list.Id })).Members);
        foreach (var table in (string[])["enrollment", "user_list_member"])
            Assert.Equal(0, await CountAsync($"enrollment.{table}"));
        // A visitor who was not joined in time is nobody's, and stays.
        Assert.Equal(await CountAsync("enrollment.visitor"), await CountAsync("enrollment.profile"));
    }

    // Leaves a trace in every table: traits, events, a list, a running enrollment with a timer and data, an ended one, a merged one.
    async Task<(Guid Running, Guid Ended)> LiveAsync()
    {
        var content = """{"id": "one", "content": {"contentType": "FLOW", "contentId": "flow_one", "expireAfter": "31536000s"}}""";
        var running = await site.PublishAsync(Designs.Graph(
            "\"allowAnonymous\": true,", [Designs.Start, content, Designs.Content("two"), Designs.Wait("rest", "31536000s"), Designs.End],
            [("start", "", "one"), ("one", "", "two"), ("one", "timeout", "end"), ("two", "", "rest"), ("rest", "", "end")]));
        var ended = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Sdk.EnrollAsync(new() { JourneyId = running.ToString(), AnonymousId = Visitor });
        await site.Sdk.ReportProgressAsync(new() { JourneyId = running.ToString(), AnonymousId = Visitor, NodeId = "one", Data = Named() });
        await site.Sdk.EnrollAsync(new() { JourneyId = ended.ToString(), UserId = User, Properties = Named() });
        await site.Sdk.EnrollAsync(new() { JourneyId = ended.ToString(), AnonymousId = Visitor });
        await site.Sdk.IdentifyAsync(new() { UserId = User, AnonymousId = Visitor, Traits = Named() });
        await site.Sdk.ReportProgressAsync(new() { JourneyId = running.ToString(), UserId = User, NodeId = "two" });
        await site.Sdk.RecordEventsAsync(new() { UserId = User, Events = { new Event { Id = $"{site.Id}", Name = "paid", Properties = Named() } } });
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { User } });
        return (running, ended);
    }

    // As the loop does. The client of a Scheduler that was down a moment ago rests before it tries again.
    Task StartJobsAsync() => Eventually.True(
        async () =>
        {
            await service.Get<StartErasures>().RunOnceAsync(CancellationToken.None);
            return (await ErasureStore.ListToStartAsync(service.Database, DateTimeOffset.MinValue, Guid.Empty, 1, CancellationToken.None)).Count == 0;
        },
        "the Scheduler to be told");

    Struct Named() => new() { Fields = { ["name"] = Value.ForString(User) } };

    async Task<CountEnrollmentsResponse.Types.Count> CountsAsync(Guid journey) =>
        (await site.Enrollments.CountEnrollmentsAsync(new() { JourneyIds = { journey.ToString() } })).Counts.Single();

    // Every table of every schema, every row as text; bytes as the text that is in them.
    async Task<IReadOnlyList<string>> MentionsAsync()
    {
        const string tables = """
            select format('%I.%I', table_schema, table_name)
            from information_schema.tables
            where table_schema in ('enrollment', 'scheduler') and table_type = 'BASE TABLE'
            """;
        var hex = Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(User)).ToLowerInvariant();

        await using var connection = await service.Database.OpenConnectionAsync();
        var found = new List<string>();
        foreach (var table in await connection.QueryAsync<string>(tables))
        {
            var rows = await connection.ExecuteScalarAsync<long>(
                $"select count(*) from {table} as one where position(@User in one::text) > 0 or position(@hex in one::text) > 0", new { User, hex });
            if (rows > 0)
                found.Add($"{table}: {rows}");
        }

        return found;
    }

    async Task<long> CountAsync(string table)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {table} where site_id = @Id", new { site.Id });
    }

    static async Task RefusedAsync<T>(StatusCode code, Func<AsyncUnaryCall<T>> call)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(() => call().ResponseAsync);
        Assert.Equal(code, problem.StatusCode);
    }

    // Racing calls may be refused; only what they leave behind matters.
    static async Task QuietAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.FailedPrecondition)
        {
        }
    }
}
