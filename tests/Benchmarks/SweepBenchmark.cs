using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>A journey is published for an audience that everybody belongs to: how fast are they all let in.</summary>
static class SweepBenchmark
{
    public static async Task RunAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        // The first sweep finds services that have just started; the second is what is measured.
        await SweepAsync(new("the warm-up, which nobody keeps"), deployment, "warm", 2_000);
        await SweepAsync(figures, deployment, "pro", count);
    }

    static async Task SweepAsync(Figures figures, MeasuredDeployment deployment, string plan, int count)
    {
        var audience = await deployment.Api.PostAsync(
            "/api/audiences", new { name = plan, rule = new { condition = new { field = "traits.plan", @operator = "EQ", value = plan } } });
        var journey = (await deployment.Api.PostAsync("/api/journeys", Design(audience["id"]!.GetValue<string>())))["id"]!.GetValue<string>();
        await using (var fill = deployment.Database.CreateCommand("""
            insert into enrollment.profile (site_id, profile_id, user_id, traits, created_at, seen_at)
            select j.site_id, uuidv7(), $2 || n, jsonb_build_object('plan', $2), now(), now()
            from definition.journey j, generate_series(1, $3) n
            where j.journey_id = $1::uuid
            """))
        {
            fill.Parameters.AddRange((NpgsqlParameter[])[new() { Value = journey }, new() { Value = plan }, new() { Value = count }]);
            fill.CommandTimeout = 600;
            await fill.ExecuteNonQueryAsync();
        }

        await using (var analyze = deployment.Database.CreateCommand("vacuum analyze enrollment.profile"))
            await analyze.ExecuteNonQueryAsync();

        var cpu = new CpuMeter(deployment.Processes);
        var watch = Stopwatch.StartNew();
        await deployment.Api.PostAsync($"/api/journeys/{journey}/publish", new { });
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        JsonNode? job;
        do
        {
            await look.WaitForNextTickAsync();
            job = (await deployment.Api.GetAsync($"/api/jobs?journeyId={journey}"))["jobs"]!.AsArray().FirstOrDefault();
        }
        while (job?["status"]!.GetValue<string>() is null or "RUNNING");

        var seconds = watch.Elapsed.TotalSeconds;
        if (job["status"]!.GetValue<string>() != "COMPLETED")
            throw new InvalidOperationException($"The sweep ended as {job}");
        figures.Add($"sweep of {count} people, all enrolled", count / seconds, "people/s", ">= 25,000 people/s");
        figures.Add("processor time a person", cpu, count);
    }

    static JsonNode Design(string audienceId) => JsonNode.Parse($$$$"""
        { "name": "Sweep", "audienceId": "{{{{audienceId}}}}", "autoEnroll": true, "graph": {
            "nodes": [ {"id": "start", "trigger": {"manual": {}}}, {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
                       {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "end"} ] } }
        """)!;
}
