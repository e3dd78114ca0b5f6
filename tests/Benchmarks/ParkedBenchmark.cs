using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>Many people wait for a day that is far away: what does it cost when nothing happens, and how late are the waits of others.</summary>
static class ParkedBenchmark
{
    const int DuePerSecond = 200;

    static readonly string[] Shares = ["p50", "p99", "max"];

    static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        await EnrollAsync(deployment, "parked", DateTimeOffset.UtcNow.AddDays(300), count);
        await using (var analyze = deployment.Database.CreateCommand("vacuum analyze"))
        {
            analyze.CommandTimeout = 600;
            await analyze.ExecuteNonQueryAsync();
        }

        // What the enrollments left to do, such as folding counts, comes to its end.
        await Task.Delay(TimeSpan.FromSeconds(15));
        var cpu = new CpuMeter(deployment.Processes);
        await Task.Delay(Calm);
        figures.Add($"idle with {count} parked, processor time a second", cpu, (int)Calm.TotalSeconds, ("together", "< 15 ms"));

        await MeasureLatenessAsync(figures, deployment);
    }

    // Ten people of another journey at a time, so that their waits end at that rate.
    static async Task MeasureLatenessAsync(Figures figures, MeasuredDeployment deployment)
    {
        var design = TimersBenchmark.Design(DateTimeOffset.UtcNow);
        design["graph"]!["nodes"]![1]!["wait"] = new System.Text.Json.Nodes.JsonObject { ["duration"] = $"{Wait.TotalSeconds:0}s" };
        var journey = await deployment.Api.PublishAsync(design);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(1_000.0 / DuePerSecond * 10));
        for (var group = 0; group < 30 * DuePerSecond / 10; group++)
        {
            await pace.WaitForNextTickAsync();
            await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = Enumerable.Range(group * 10, 10).Select(n => $"late{n}") });
        }

        await Task.Delay(Wait + TimeSpan.FromSeconds(5));
        await using var command = deployment.Database.CreateCommand("""
            select percentile_disc(array[0.5, 0.99, 1]) within group (order by extract(epoch from after.entered_at - waited.entered_at)::float8 - $2)
            from enrollment.visit after
            join enrollment.visit waited on waited.site_id = after.site_id and waited.enrollment_id = after.enrollment_id and waited.node_id = 'wait'
            join enrollment.enrollment e on e.site_id = after.site_id and e.enrollment_id = after.enrollment_id and e.journey_id = $1
            where after.node_id = 'end'
            """);
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = Guid.Parse(journey) }, new() { Value = Wait.TotalSeconds }]);
        var seconds = (double[])(await command.ExecuteScalarAsync())!;
        foreach (var (name, value) in Shares.Zip(seconds))
            figures.Add($"{DuePerSecond} due a second, lateness {name}", value * 1_000, "ms");
    }

    static async Task EnrollAsync(MeasuredDeployment deployment, string prefix, DateTimeOffset due, int count)
    {
        var journey = await deployment.Api.PublishAsync(TimersBenchmark.Design(due));
        await Parallel.ForEachAsync(Enumerable.Range(0, count).Chunk(1_000), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (some, _) =>
            await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some.Select(n => $"{prefix}{n}") }));
    }
}
