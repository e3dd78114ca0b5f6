using System.Collections.Concurrent;
using Journeys.Testing;
using Npgsql;

namespace Journeys.EndToEnd.Tests;

/// <summary>Kills everything while people walk, and counts afterwards.</summary>
public sealed class CrashTests(Deployment deployment) : IClassFixture<Deployment>
{
    const int People = 2_000;

    // MassTransit takes up to half a minute to find a broker again.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    readonly Api api = deployment.Api;

    [Fact]
    public async Task Nobody_is_lost_stuck_moved_twice_or_early_when_everything_is_killed()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps($"{Wait.TotalSeconds:0}s"));
        var users = Enumerable.Range(0, People).Select(n => $"walker-{n}").ToList();
        foreach (var some in users.Chunk(500))
            await api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some });

        var applied = new ConcurrentDictionary<(string User, string Node), int>();
        var walking = ReportAllAsync(journey, users, "one", applied);
        await KillAndRestartEverythingAsync();
        await walking;
        await Eventually.Equal(People, () => CountAtAsync(journey, "two"), "the people whose wait is over", Patience);
        walking = ReportAllAsync(journey, users, "two", applied);
        await KillAndRestartEverythingAsync();
        await walking;

        Assert.Equal(People, await CountAtAsync(journey, "end"));
        Assert.Equal(0, await CountAsync("select count(*) from enrollment.enrollment where journey_id = @journey and status <> 'COMPLETED'", journey));
        // Nobody lost, nobody twice: each walked start, one, rest, two, end, in this order.
        Assert.Equal(People, await CountAsync(
            """
            select count(*) from (
                select v.enrollment_id
                from enrollment.visit v
                join enrollment.enrollment e on e.site_id = v.site_id and e.enrollment_id = v.enrollment_id
                where e.journey_id = @journey
                group by v.enrollment_id
                having string_agg(v.node_id, ',' order by v.visit_no) = 'start,one,rest,two,end' and max(v.visit_no) = 5) as walked
            """,
            journey));
        // Nobody early.
        Assert.Equal(0, await CountAsync(
            """
            select count(*)
            from enrollment.visit rest
            join enrollment.visit two on two.site_id = rest.site_id and two.enrollment_id = rest.enrollment_id and two.visit_no = rest.visit_no + 1
            join enrollment.enrollment e on e.site_id = rest.site_id and e.enrollment_id = rest.enrollment_id
            where e.journey_id = @journey and rest.node_id = 'rest' and two.entered_at < rest.entered_at + interval '5 seconds'
            """,
            journey));
        // What the client was told agrees: no report was applied twice.
        Assert.DoesNotContain(applied, report => report.Value > 1);
        await deployment.CheckLedgerAsync();
    }

    [Fact]
    public async Task A_broker_that_is_down_fails_no_call_and_what_was_caused_meanwhile_comes_later()
    {
        var journey = await api.PublishAsync(Designs.TwoSteps("1s"));
        await deployment.Broker.KillAsync();

        var entered = await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId = "patient" });
        var reported = await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId = "patient", nodeId = "one", outcome = "COMPLETED" });
        await deployment.Broker.StartAgainAsync();

        Assert.True(entered["created"]!.GetValue<bool>());
        Assert.True(reported["applied"]!.GetValue<bool>());
        await Eventually.Equal(
            "two", async () => (await api.EnrollmentAsync(journey, "patient"))!["currentNodeId"]!.GetValue<string>(), "the node", Patience);
        await deployment.CheckLedgerAsync();
    }

    async Task KillAndRestartEverythingAsync()
    {
        foreach (var process in new[] { deployment.Enrollment, deployment.Scheduler, deployment.Definition, deployment.Gateway })
        {
            await process.KillAsync();
            await process.StartAsync();
        }

        await deployment.Broker.KillAsync();
        await deployment.Broker.StartAgainAsync();
        await deployment.Scheduler.KillAsync();
        await deployment.Enrollment.KillAsync();
        await Task.WhenAll(deployment.Scheduler.StartAsync(), deployment.Enrollment.StartAsync());
    }

    // Each client reports until it is answered, and keeps what it was told.
    async Task ReportAllAsync(string journey, List<string> users, string nodeId, ConcurrentDictionary<(string, string), int> applied) =>
        await Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (userId, _) =>
        {
            var answer = await Api.UntilAnsweredAsync(
                () => api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, outcome = "COMPLETED" }));
            if (answer["applied"]!.GetValue<bool>())
                applied.AddOrUpdate((userId, nodeId), 1, (_, count) => count + 1);
        });

    Task<long> CountAtAsync(string journey, string nodeId) =>
        CountAsync($"select count(*) from enrollment.enrollment where journey_id = @journey and node_id = '{nodeId}'", journey);

    async Task<long> CountAsync(string sql, string journey)
    {
        await using var command = deployment.Database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter("journey", Guid.Parse(journey)));
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
