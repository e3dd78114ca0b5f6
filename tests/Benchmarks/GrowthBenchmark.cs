using System.Text.Json.Nodes;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>What calls take on a new site, and again when the site has years behind it.</summary>
static class GrowthBenchmark
{
    const int People = 2_000;
    const int EventsOfPerson = 10;
    const int VisitsOfEnrollment = 5;

    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Figures figures, int profiles)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var api = deployment.Api;
        var journey = await api.PublishAsync(ProgressBenchmark.Circle());
        foreach (var some in Enumerable.Range(0, People).Chunk(1_000))
            await api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some.Select(SdkBenchmark.UserId) });
        string[] past = [await api.PublishAsync(ProgressBenchmark.Circle()), await api.PublishAsync(ProgressBenchmark.Circle())];

        (string What, Func<int, Task<Func<Task>>> Caller)[] calls =
        [
            ("POST /sdk/journeys/{id}/progress", number => ProgressBenchmark.WalkAsync(api, journey, $"walker-{number}")),
            ("POST /sdk/events, 10 events", Again(() => SdkBenchmark.EventsAsync(api, SdkBenchmark.Anybody()))),
            ("GET /sdk/journeys", Again(() => SdkBenchmark.PositionsAsync(api, SdkBenchmark.Anybody()))),
            ("POST /sdk/identify", Again(() => SdkBenchmark.IdentifyAsync(api, SdkBenchmark.Anybody()))),
            ("GET /api/journeys/{id}/analytics", Again(() => api.GetAsync($"/api/journeys/{journey}/analytics"))),
            ("POST /api/audiences/preview", Again(() => api.PostAsync("/api/audiences/preview", Rule()))),
        ];

        // The runtime compiles what is hot, so that the second half has no advantage.
        foreach (var (_, caller) in calls)
            await new Load(4).RunAsync(WarmUp, caller);
        var before = await MeasureAsync(calls);
        await FillAsync(deployment.Database, past, profiles);
        var after = await MeasureAsync(calls);

        foreach (var ((what, _), (small, large)) in calls.Zip(before.Zip(after)))
        {
            figures.Add($"{what}, new site, p50", small, "ms");
            figures.Add($"{what}, {profiles:#,0} people, p50", large, "ms");
            figures.Add($"{what}, p50 grows by", large / small, "times", "<= 1.3 times");
        }
    }

    static Func<int, Task<Func<Task>>> Again(Func<Task> call) => _ => Task.FromResult(call);

    // One caller, so that no call waits for another.
    static async Task<IReadOnlyList<double>> MeasureAsync(IEnumerable<(string What, Func<int, Task<Func<Task>>> Caller)> calls)
    {
        var medians = new List<double>();
        foreach (var (_, caller) in calls)
        {
            await new Load(1).RunAsync(TimeSpan.FromSeconds(2), caller);
            var load = new Load(1);
            await load.RunAsync(Duration, caller);
            medians.Add(load.Took[load.Took.Length / 2]);
        }

        return medians;
    }

    // Everybody, also those who call, has events of a month, and went through the past journeys long ago.
    static async Task FillAsync(NpgsqlDataSource database, string[] past, int profiles)
    {
        await ExecuteAsync(
            """
            insert into enrollment.profile (site_id, profile_id, user_id, traits, created_at, seen_at)
            select j.site_id, uuidv7(), 'many-' || n, '{"plan": "free"}', now() - interval '200 days', now() - random() * interval '30 days'
            from enrollment.journey j, generate_series(1, $2::integer) n
            where j.journey_id = $1
            """,
            Guid.Parse(past[0]), profiles);
        await ExecuteAsync(
            """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, occurred_at, recorded_at)
            select p.site_id, gen_random_uuid()::text, p.profile_id, 'clicked_' || n, '{"button": "save"}', t.at, t.at
            from enrollment.profile p, generate_series(1, $1::integer) n, lateral (select now() - (n + random()) * interval '3 days' as at) t
            """,
            EventsOfPerson);
        foreach (var journey in past.Select(Guid.Parse))
        {
            await ExecuteAsync(
                """
                insert into enrollment.enrollment (
                    site_id, enrollment_id, journey_id, version, profile_id, first_id, attempt, is_latest, status, source, node_id, visit_no, waiting_for,
                    waiting_since, entered_at, updated_at, ended_at, outcome)
                select p.site_id, uuidv7(), $1, 1, p.profile_id, p.user_id, 1, true, 'COMPLETED', 'API', 'end', $2, 'NOTHING', t.at, t.at, t.at, t.at, 'done'
                from enrollment.profile p, lateral (select now() - interval '31 days' - random() * interval '90 days' as at) t
                """,
                journey, VisitsOfEnrollment);
        }

        await ExecuteAsync(
            """
            insert into enrollment.visit (site_id, enrollment_id, visit_no, node_id, cause, entered_at)
            select e.site_id, e.enrollment_id, n, case n when 1 then 'start' when $2 then 'end' else 'one' end, 'api', e.ended_at
            from enrollment.enrollment e, generate_series(1, $2::integer) n
            where e.journey_id = any($1)
            """,
            past.Select(Guid.Parse).ToArray(), VisitsOfEnrollment);
        await ExecuteAsync("vacuum analyze");

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = database.CreateCommand(sql);
            command.CommandTimeout = 3_600;
            command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
            await command.ExecuteNonQueryAsync();
        }
    }

    static JsonNode Rule() => JsonNode.Parse("""{ "rule": { "condition": { "field": "traits.plan", "operator": "EQ", "value": "pro" } } }""")!;
}
