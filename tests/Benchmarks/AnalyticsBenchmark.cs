using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>What the dashboard asks of a journey that very many people went through in ninety days.</summary>
static class AnalyticsBenchmark
{
    const int Asks = 30;

    public static async Task RunAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var journey = await deployment.Api.PublishAsync(Design());
        await FillAsync(deployment.Database, journey, count);

        await AskAsync(figures, deployment, "everything", $"/api/journeys/{journey}/analytics");
        await AskAsync(figures, deployment, "one version", $"/api/journeys/{journey}/analytics?version=1");
        await AskAsync(figures, deployment, "the last week", $"/api/journeys/{journey}/analytics?from={DateTime.UtcNow.AddDays(-7):yyyy-MM-dd}T00:00:00Z");
        await AskAsync(figures, deployment, "people by status", $"/api/enrollment-counts?journeyIds={journey}");
    }

    static async Task AskAsync(Figures figures, MeasuredDeployment deployment, string what, string path)
    {
        var took = new List<double>();
        for (var i = 0; i < Asks; i++)
        {
            var watch = Stopwatch.StartNew();
            await deployment.Api.GetAsync(path);
            took.Add(watch.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        figures.Add($"{what}, median", took[Asks / 2], "ms");
        figures.Add($"{what}, slowest of {Asks}", took[^1], "ms");
    }

    // The rows that the service writes: people, enrollments, visits, and the folded counts of them. Seven in ten are through.
    static async Task FillAsync(NpgsqlDataSource database, string journey, int count)
    {
        var watch = Stopwatch.StartNew();
        // One session, because those who walk are in a temporary table.
        await using var session = await database.OpenConnectionAsync();
        foreach (var sql in (string[])
        [
            """
            create temporary table walk as
            select j.site_id, j.journey_id, uuidv7() as enrollment_id, uuidv7() as profile_id, n,
                   now() - random() * interval '90 days' as t1, random() * interval '3 hours' as d2, random() * interval '2 days' as d3, random() < 0.7 as through
            from enrollment.journey j, generate_series(1, $2) n
            where j.journey_id = $1::uuid
            """,
            "insert into enrollment.profile (site_id, profile_id, user_id, created_at, seen_at) select site_id, profile_id, 'u' || n, t1, t1 from walk",
            """
            insert into enrollment.enrollment (
                site_id, enrollment_id, journey_id, version, profile_id, first_id, attempt, is_latest, status, source, node_id, visit_no, waiting_for, waiting_since,
                wake_at, entered_at, updated_at, ended_at, outcome)
            select site_id, enrollment_id, journey_id, 1, profile_id, 'u' || n, 1, true, case when through then 'COMPLETED' else 'ACTIVE' end, 'API',
                   case when through then 'end' else 'rest' end, case when through then 4 else 3 end, case when through then 'NOTHING' else 'TIME' end, t1 + d2,
                   case when through then null else now() + interval '300 days' end, t1, t1 + d2 + d3, case when through then t1 + d2 + d3 end, case when through then 'done' else '' end
            from walk
            """,
            """
            insert into enrollment.visit (site_id, enrollment_id, visit_no, node_id, cause, entered_at)
            select site_id, enrollment_id, 1, 'start', 'api', t1 from walk
            union all select site_id, enrollment_id, 2, 'one', 'api', t1 from walk
            union all select site_id, enrollment_id, 3, 'rest', 'report:COMPLETED', t1 + d2 from walk
            union all select site_id, enrollment_id, 4, 'end', 'timer', t1 + d2 + d3 from walk where through
            """,
            """
            insert into enrollment.journey_statistic (site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount)
            select site_id, journey_id, 1, (t1 at time zone 'UTC')::date, kind, node_id, label, target_id, coalesce(round(ln(1 + extract(epoch from spent) * 1000) * 50), 0)::integer, count(*)
            from walk
            cross join lateral (values
                ('MOVED', '', '', 'start', null::interval, true), ('MOVED', 'start', '', 'one', interval '0', true), ('MOVED', 'one', '', 'rest', d2, true),
                ('MOVED', 'rest', '', 'end', d3, through), ('ENDED', 'end', '', '', null, through), ('STATUS', '', case when through then 'COMPLETED' else 'ACTIVE' end, '', null, true),
                ('OUTCOME', '', 'done', '', null, through), ('DONE_ON', '', to_char((t1 + d2 + d3) at time zone 'UTC', 'YYYY-MM-DD'), '', null, through)
            ) as counted (kind, node_id, label, target_id, spent, counts)
            where counts
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9
            """,
            "analyze enrollment.journey_statistic",
        ])
        {
            await using var command = new NpgsqlCommand(sql, session) { CommandTimeout = 1_800 };
            if (sql.Contains("$1", StringComparison.Ordinal))
                command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = journey }, new() { Value = count }]);
            await command.ExecuteNonQueryAsync();
        }

        await using var rows = database.CreateCommand("select count(*) from enrollment.journey_statistic");
        Console.WriteLine(FormattableString.Invariant($"{count} enrollments made in {watch.Elapsed.TotalSeconds:0} s, {await rows.ExecuteScalarAsync()} rows of counts"));
    }

    static JsonNode Design() => JsonNode.Parse("""
        { "name": "Many", "graph": {
            "nodes": [ {"id": "start", "trigger": {"manual": {}}}, {"id": "one", "content": {"contentType": "FLOW", "contentId": "one"}},
                       {"id": "rest", "wait": {"duration": "31536000s"}}, {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "one"}, {"id": "e2", "source": "one", "target": "rest"}, {"id": "e3", "source": "rest", "target": "end"} ] } }
        """)!;
}
