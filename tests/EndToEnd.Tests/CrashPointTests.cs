using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Journeys.BuildingBlocks;
using Journeys.Testing;
using Npgsql;
using RabbitMQ.Client;

namespace Journeys.EndToEnd.Tests;

/// <summary>Has a program crash at each <see cref="CrashPoint"/> while a client does all that leads there, and counts afterwards.</summary>
/// <remarks>A point that the program does not come to fails its test: there is none that no run has hit.</remarks>
public sealed class CrashPointTests(Deployment deployment) : IClassFixture<Deployment>
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Api api = deployment.Api;

    // The one that is left out has a test of its own, because links have to be received.
    public static TheoryData<CrashPoint> Points => [.. Enum.GetValues<CrashPoint>().Except([CrashPoint.LinkSent])];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Nothing_is_lost_or_repeated_after_a_crash_at(CrashPoint point)
    {
        string[] nowhere = ["nowhere"];
        string[] users = [$"a-{point}", $"b-{point}", $"c-{point}"];
        var list = IdOf(await api.PostAsync("/api/user-lists", new { name = $"{point}" }));
        await api.PostAsync($"/api/user-lists/{list}/members", new { add = users });
        var left = await api.PublishAsync(Designs.TwoSteps("600s"));
        await api.PostAsync($"/api/journeys/{left}/enrollments", new { userIds = users });
        foreach (var userId in users)
            await ReportAsync(left, userId, "one");
        // Timers are set aside only if the pause reaches the Scheduler before they fall due, however busy the machine is.
        var walked = IdOf(await api.PostAsync("/api/journeys", Designs.TwoSteps(point == CrashPoint.ParkedPublished ? "20s" : "1s")));
        // Dead letters that the armed start tries again.
        await PublishGarbageAsync($"enrollment.timers-elapsed", $"before {point}");
        await Eventually.Equal(1, () => CountKeptAsync($"before {point}"), "what cannot be read to be kept", Patience);

        // Enrollment knows a change that Definition does not, as after a restore of Definition's database.
        if (point is CrashPoint.CopyDistrusted or CrashPoint.NewestTakenBack)
        {
            Assert.Equal(1, await CountAsync(
                "with changed as (update enrollment.journey set change_no = 7, moved_at = now() where journey_id = @id returning 1) select count(*) from changed", left));
        }

        var program = ProgramOf(point);
        await program.StopAsync();
        program.Environment = new Dictionary<string, string?>
        {
            [Crash.Variable] = $"{point}",
            ["Messaging__ResendDeadLettersAtStart"] = "true",
        };
        await Task.WhenAll(StartUntilCrashAsync(program), ActAsync());

        async Task ActAsync()
        {
            await WalkAsync(walked, list, users, point);
            await UntilAnsweredAsync(() => api.PostAsync(
                $"/api/journeys/{walked}/simulations", new { request = new { population = new { invented = new { people = 10 } } } }, $"simulate {walked}"));
            // Nobody matches, so that everybody is there for what follows.
            var stop = await UntilAnsweredAsync(() => api.PostAsync(
                $"/api/journeys/{left}/stops", new { selection = new { nodeIds = nowhere }, reason = "to be sure" }, $"stop {left}"));
            await UntilAnsweredAsync(() => api.PostAsync($"/api/journeys/{left}/stops/{IdOf(stop)}/undo", new { }));
            await MoveAsync(left, "archive");
            await UntilAnsweredAsync(() => api.DeleteAsync($"/api/users/{users[0]}"));
            await PublishGarbageAsync("enrollment.timers-elapsed", $"after {point}");
            await PublishGarbageAsync("enrollment.timers-elapsed_error", $"error {point}");
        }

        await Eventually.Equal(
            2, () => CountAsync("select count(*) from enrollment.enrollment where journey_id = @id and status = 'ARCHIVED'", left), "people let out", Patience);
        foreach (var garbage in new[] { "before", "after", "error" })
            await Eventually.Equal(1, () => CountKeptAsync($"{garbage} {point}"), $"what came {garbage} to be kept once", Patience);
        // The worker that crashed has a lease.
        await Eventually.Equal(
            1, () => CountAsync("select count(*) from enrollment.simulation where journey_id = @id and status = 'COMPLETED'", walked), "the simulation", Patience);
        Assert.Equal(1, await CountAsync("select count(*) from enrollment.simulation where journey_id = @id", walked));
        await CheckAsync(walked, left, list);
        if (point is CrashPoint.AuditBegun or CrashPoint.AuditedCallMade)
            Assert.NotEqual(0, await CountAsync("select count(*) from access.audit where outcome = 'PENDING' and target_id = @id::text", walked));
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task Who_was_sent_a_link_that_was_not_stored_gets_another_that_works()
    {
        await using var mails = MailSink.Start();
        var delivers = new Dictionary<string, string?>
        {
            ["Access__PublicUrl"] = "https://journeys.example.com",
            ["Access__Smtp__Host"] = "127.0.0.1",
            ["Access__Smtp__Port"] = $"{mails.Port}",
            ["Access__Smtp__Security"] = "None",
            ["Access__Smtp__From"] = "no-reply@example.com",
        };
        var siteId = (await api.GetAsync("/api/sites"))["sites"]![0]!["id"]!.GetValue<string>();
        var gateway = deployment.Gateway;
        await gateway.StopAsync();
        gateway.Environment = new Dictionary<string, string?>(delivers) { [Crash.Variable] = $"{CrashPoint.LinkSent}" };

        await Task.WhenAll(StartUntilCrashAsync(gateway, delivers), InviteAsync());
        await Eventually.Equal(2, () => Task.FromResult(mails.Mails.Count), "another link", Patience);
        // A link is sent before it is stored.
        await Eventually.Equal(0, () => CountAsync("select count(*) from access.delivery where @id = @id", siteId), "the delivery to be done", Patience);
        var tokens = mails.Mails.Select(MailSink.TokenIn).ToList();

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.OK], [await AcceptAsync(tokens[0]), await AcceptAsync(tokens[1])]);
        gateway.Environment = new Dictionary<string, string?>();
        await gateway.RestartAsync();

        // The answer may be lost in the crash; the invitation is stored then, and a repeat is refused.
        Task InviteAsync() => UntilAnsweredAsync(async () =>
        {
            try
            {
                return await api.PostAsync($"/api/sites/{siteId}/members", new { email = "late@example.com", role = "VIEWER" });
            }
            catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.Conflict)
            {
                return new JsonObject();
            }
        });

        async Task<HttpStatusCode> AcceptAsync(string token)
        {
            using var person = new HttpClient { BaseAddress = gateway.Address };
            using var answer = await person.PostAsJsonAsync("/api/invitations/accept", new { token, name = "Late", password = "a long and odd password" });
            return answer.StatusCode;
        }
    }

    // What a client does that repeats every call until it is answered.
    async Task WalkAsync(string journey, string list, string[] users, CrashPoint point)
    {
        var siteId = (await UntilAnsweredAsync(() => api.GetAsync("/api/sites")))["sites"]![0]!["id"]!.GetValue<string>();
        await MoveAsync(journey, "publish");
        await UntilAnsweredAsync(() => api.PostAsync($"/api/journeys/{journey}/enrollments", new { listId = list }, $"enroll {journey}"));
        await Eventually.Equal(users.Length, () => CountAtAsync(journey, "one"), "people enrolled", Patience);
        foreach (var userId in users)
            await UntilAnsweredAsync(() => ReportAsync(journey, userId, "one"));
        await MoveAsync(journey, "pause");
        await Eventually.Equal(
            users.Length,
            () => CountAsync(
                """
                select (select count(*) from scheduler.parked_timer where journey_id = @id)
                     + (select count(distinct enrollment_id) from enrollment.held_signal where journey_id = @id)
                     + (select count(*) from enrollment.enrollment where journey_id = @id and node_id = 'two')
                """,
                journey),
            "people whose wait is over while the journey is paused", Patience);
        // What the pause held stays held while the site is halted, and is released with it.
        var isHalted = point is CrashPoint.HaltNoted or CrashPoint.SchedulerHaltNoted;
        if (isHalted)
            await UntilAnsweredAsync(() => api.PostAsync($"/api/sites/{siteId}/halt", new { }));
        await MoveAsync(journey, "resume");
        if (isHalted)
            await UntilAnsweredAsync(() => api.PostAsync($"/api/sites/{siteId}/resume", new { }));
        await Eventually.Equal(users.Length, () => CountAtAsync(journey, "two"), "people whose wait is over", Patience);
        foreach (var userId in users)
            await UntilAnsweredAsync(() => ReportAsync(journey, userId, "two"));
    }

    async Task CheckAsync(string walked, string left, string list)
    {
        // The erased one is gone from both, with all that was kept.
        await Eventually.Equal(0, () => CountAsync("select count(*) from enrollment.erasure where @id = @id", walked), "the erasure to end", Patience);
        await Eventually.Equal(
            2 * 5, () => CountAsync("select count(*) from enrollment.visit v join enrollment.enrollment e using (site_id, enrollment_id) where journey_id = @id", walked), "visits", Patience);
        Assert.Equal(2, await CountAsync(
            """
            select count(*) from (
                select v.enrollment_id
                from enrollment.visit v
                join enrollment.enrollment e on e.site_id = v.site_id and e.enrollment_id = v.enrollment_id
                where e.journey_id = @id and e.status = 'COMPLETED'
                group by v.enrollment_id
                having string_agg(v.node_id, ',' order by v.visit_no) = 'start,one,rest,two,end') as walked
            """,
            walked));
        Assert.Equal(0, await CountAsync(
            "select count(*) from enrollment.visit v where not exists (select from enrollment.enrollment e where e.enrollment_id = v.enrollment_id) and @id = @id", walked));
        // Each cause started one job, and none is left.
        Assert.Equal(1, await CountAsync("select count(*) from scheduler.job where kind = 'LIST_ENROLLMENT' and subject_id = @id::text", list));
        Assert.Equal(1, await CountAsync("select count(*) from scheduler.job where kind = 'ARCHIVE' and journey_id = @id", left));
        Assert.Equal(1, await CountAsync("select count(*) from scheduler.job where kind = 'STOP' and journey_id = @id", left));
        Assert.Equal(1, await CountAsync("select count(*) from scheduler.job where kind = 'UNDO_STOP' and journey_id = @id", left));
        await Eventually.Equal(0, () => CountAsync("select count(*) from scheduler.job where status = 'RUNNING' and @id = @id", walked), "the jobs to end", Patience);
        await Eventually.Equal(
            0,
            () => CountAsync(
                """
                select (select count(*) from scheduler.timer where journey_id in (@id, @other) and not cancelled) + (select count(*) from scheduler.parked_timer where journey_id in (@id, @other))
                     + (select count(*) from enrollment.outbox) + (select count(*) from definition.outbox) + (select count(*) from scheduler.outbox)
                """,
                walked, left),
            "timers and messages that nobody needs", Patience);
        Assert.Equal(1, await CountAsync("select count(*) from definition.version where journey_id = @id", walked));
    }

    ServiceProcess ProgramOf(CrashPoint point) => point switch
    {
        CrashPoint.ChangeCommitted or CrashPoint.ChangeAcknowledged => deployment.Definition,
        CrashPoint.TimersPublished or CrashPoint.ParkedPublished or CrashPoint.ArchiveStarted or CrashPoint.SchedulerHaltNoted => deployment.Scheduler,
        CrashPoint.AuditBegun or CrashPoint.AuditedCallMade => deployment.Gateway,
        _ => deployment.Enrollment,
    };

    // It may come to the point before it is ready.
    static async Task StartUntilCrashAsync(ServiceProcess program, IReadOnlyDictionary<string, string?>? afterwards = null)
    {
        try
        {
            await program.StartAsync();
        }
        catch (InvalidOperationException)
        {
        }

        try
        {
            await program.WaitForExitAsync();
        }
        finally
        {
            program.Environment = afterwards ?? new Dictionary<string, string?>();
            await program.StartAsync();
        }
    }

    Task<JsonNode> ReportAsync(string journey, string userId, string nodeId) =>
        api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, outcome = "COMPLETED" });

    Task<JsonNode> MoveAsync(string journey, string verb) =>
        UntilAnsweredAsync(() => api.PostAsync($"/api/journeys/{journey}/{verb}", new { }, $"{verb} {journey}"));

    static Task<JsonNode> UntilAnsweredAsync(Func<Task<JsonNode>> call) => Api.UntilAnsweredAsync(call);

    // With no id of its own a message is known by its body.
    async Task PublishGarbageAsync(string queue, string text)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(deployment.Broker.Address) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync("", queue, mandatory: true, System.Text.Encoding.UTF8.GetBytes(text));
    }

    Task<long> CountKeptAsync(string text) => CountAsync(
        $"select count(*) from enrollment.failed_message where body = convert_to('{text}', 'UTF8') and dead_at is not null and @id = @id", $"{Guid.Empty}");

    Task<long> CountAtAsync(string journey, string nodeId) =>
        CountAsync($"select count(*) from enrollment.enrollment where journey_id = @id and node_id = '{nodeId}'", journey);

    async Task<long> CountAsync(string sql, string id, string? other = null)
    {
        await using var command = deployment.Database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter("id", Guid.Parse(id)));
        if (other is not null)
            command.Parameters.Add(new NpgsqlParameter("other", Guid.Parse(other)));
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    static string IdOf(JsonNode answer) => answer["id"]!.GetValue<string>();
}
