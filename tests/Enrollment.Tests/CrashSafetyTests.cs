using Dapper;
using Journeys.Protos.Scheduler.V1;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// A crash leaves all of what a call does or nothing of it: rows, history, counts and the messages that follow come from one transaction.
/// </summary>
public sealed class CrashSafetyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    static readonly string Journey = Designs.Row(
        "\"allowAnonymous\": true, \"goal\": {\"rule\": {\"event\": {\"name\": \"paid\"}}},",
        Designs.Start, Designs.Content("one"), Designs.Hold("hold", "go"), Designs.Wait("rest", "3600s"), Designs.Content("two"), Designs.End);

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("publish")]
    [InlineData("enter")]
    [InlineData("enroll users")]
    [InlineData("report")]
    [InlineData("event")]
    [InlineData("events that enroll")]
    [InlineData("identify")]
    [InlineData("join")]
    [InlineData("join and archive")]
    [InlineData("timer")]
    [InlineData("stop")]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("sweep")]
    [InlineData("archive")]
    public async Task What_a_call_does_is_done_at_once_or_not_at_all(string call)
    {
        var audience = await site.AudienceAsync("""{"event": {"name": "bought"}}""");
        var auto = await site.PublishAsync(Designs.Row($"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("x"), Designs.End));
        var journey = await site.PublishAsync(Journey);
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "visitor1");
        await site.EnterAsync(journey, "u2");
        await site.ReportAsync(journey, "u2", "one");
        await site.DoAsync("u2", "go");

        Func<Task> act = call switch
        {
            "publish" => () => site.PublishAsync(Journey, journey),
            "enter" => () => site.EnterAsync(journey, "u9"),
            "enroll users" => async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u7", "u8", "u9" } }),
            "report" => () => site.ReportAsync(journey, "u1", "one"),
            "event" => () => site.DoAsync("u1", "paid", "other"),
            "events that enroll" => () => site.DoAsync("u9", "bought", "paid"),
            "identify" => () => site.IdentifyAsync("u1", traits: """{"plan": "pro"}"""),
            "join" => () => site.IdentifyAsync("u9", "visitor1"),
            "join and archive" => () => site.IdentifyAsync("u1", "visitor1"),
            "timer" => () => site.PassAsync(TimeSpan.FromHours(1)),
            "stop" => () => site.StopAsync(journey, "u2"),
            "hold" => await PausedAsync(() => site.ReportAsync(journey, "u1", "one")),
            "release" => await HeldAsync(),
            "sweep" => await BoughtAsync(),
            _ => await ArchivedAsync(),
        };

        var writers = await WritersAsync(act);

        Assert.Equal(1, writers);

        async Task<Func<Task>> PausedAsync(Func<Task> then)
        {
            await site.PauseAsync(journey);
            return then;
        }

        async Task<Func<Task>> HeldAsync()
        {
            await site.PauseAsync(journey);
            await site.ReportAsync(journey, "u1", "one");
            await site.ResumeAsync(journey);
            return () => site.RunJobAsync(Job.Types.Kind.Release, journey);
        }

        async Task<Func<Task>> BoughtAsync()
        {
            await site.PauseAsync(auto);
            await site.DoAsync("u1", "bought");
            await site.ResumeAsync(auto);
            return () => site.RunJobAsync(Job.Types.Kind.AudienceSweep, auto);
        }

        async Task<Func<Task>> ArchivedAsync()
        {
            await site.ArchiveAsync(journey);
            return () => site.RunJobAsync(Job.Types.Kind.Archive, journey);
        }
    }

    // How many transactions wrote what the call left behind.
    async Task<int> WritersAsync(Func<Task> act)
    {
        const string tables = """
            select string_agg(format('select xmin::text::bigint as writer from %s', oid::regclass), ' union all ')
            from pg_class
            where relnamespace = 'enrollment'::regnamespace and relkind = 'r'
            """;

        await using var connection = await service.Database.OpenConnectionAsync();
        var rows = await connection.ExecuteScalarAsync<string>(tables);
        var before = await connection.ExecuteScalarAsync<long>("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint");

        await act();

#pragma warning disable CA2100 // Made of names of tables by the database itself.
        await using var count = new NpgsqlCommand($"select count(distinct writer)::integer from ({rows}) as written where writer >= $1", connection);
#pragma warning restore CA2100
        count.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        return (int)(await count.ExecuteScalarAsync())!;
    }
}
