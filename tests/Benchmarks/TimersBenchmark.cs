using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>Everybody's wait ends at one moment: how fast are they all moved on, durably, and what would bare SQL take for the same writes.</summary>
static class TimersBenchmark
{
    /// <summary>How long it took until all were moved, and how late the first half and all but the last percent were.</summary>
    public sealed record Moved(double Seconds, double LatenessP50, double LatenessP99);

    public static async Task RunAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var due = DueFor(count);
        var watch = Stopwatch.StartNew();
        await EnrollAsync(deployment, due, count);
        figures.Add("enrolled by API, 1,000 a call", count / watch.Elapsed.TotalSeconds, "people/s");

        await WaitUntilAsync(due);
        var cpu = new CpuMeter(deployment.Processes);
        var moved = await MoveAllAsync(deployment, due);
        figures.Add($"{count} due at one moment, moved and committed", count / moved.Seconds, "steps/s");
        figures.Add("processor time a step", cpu, count);
        figures.Add("lateness p50", moved.LatenessP50, "s");
        figures.Add("lateness p99", moved.LatenessP99, "s");

        var bare = await BareAsync(deployment.Database, count);
        figures.Add("the same writes as bare batched SQL", count / bare, "steps/s");
        figures.Add("of which the steps reach", bare / moved.Seconds, "times", ">= 0.7 times");
    }

    /// <summary>When so many can be in.</summary>
    public static DateTimeOffset DueFor(int count)
    {
        var soon = DateTimeOffset.UtcNow.AddSeconds(20 + (count / 1_500));
        return new(soon.Year, soon.Month, soon.Day, soon.Hour, soon.Minute, soon.Second, TimeSpan.Zero);
    }

    public static async Task EnrollAsync(MeasuredDeployment deployment, DateTimeOffset due, int count)
    {
        var journey = await deployment.Api.PublishAsync(Design(due));
        await Parallel.ForEachAsync(Enumerable.Range(0, count).Chunk(1_000), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (some, _) =>
            await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some.Select(n => $"u{n}") }));
        if (DateTimeOffset.UtcNow > due)
            throw new InvalidOperationException("The waits fell due before everybody was in.");
    }

    /// <summary>Waits until the moment, and until everybody is through.</summary>
    public static async Task<Moved> MoveAllAsync(MeasuredDeployment deployment, DateTimeOffset due)
    {
        await WaitUntilAsync(due);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await IsAnybodyInsideAsync(deployment.Database))
            await look.WaitForNextTickAsync();

        await using var command = deployment.Database.CreateCommand("""
            select percentile_disc(array[1, 0.5, 0.99]) within group (order by extract(epoch from entered_at - $1)::float8) from enrollment.visit where node_id = 'end'
            """);
        command.Parameters.Add(new() { Value = due.UtcDateTime });
        var seconds = (double[])(await command.ExecuteScalarAsync())!;
        return new(seconds[0], seconds[1], seconds[2]);
    }

    public static async Task WaitUntilAsync(DateTimeOffset time)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (DateTimeOffset.UtcNow < time)
            await look.WaitForNextTickAsync();
    }

    // The rows that one step writes, 500 at a time on four connections: enrollment, visit, timer.
    static async Task<double> BareAsync(NpgsqlDataSource database, int count)
    {
        await ExecuteAsync(database, """
            create schema bare;
            create table bare.enrollment (like enrollment.enrollment including all);
            create table bare.visit (like enrollment.visit including all);
            create table bare.timer (like scheduler.timer including all);
            insert into bare.enrollment select * from enrollment.enrollment;
            update bare.enrollment set status = 'ACTIVE', waiting_for = 'TIME', wake_at = now(), ended_at = null;
            insert into bare.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no)
            select 0, now(), site_id, journey_id, enrollment_id, visit_no from bare.enrollment;
            """);
        var ids = new List<Guid>(count);
        await using (var command = database.CreateCommand("select enrollment_id from bare.enrollment"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                ids.Add(reader.GetGuid(0));
        }

        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(ids.Chunk(500), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (some, ct) =>
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using var batch = new NpgsqlBatch(connection, transaction);
            foreach (var sql in (string[])
            [
                "delete from bare.timer where shard = 0 and enrollment_id = any($1)",
                "update bare.enrollment set status = 'COMPLETED', waiting_for = 'NOTHING', wake_at = null, ended_at = now(), visit_no = visit_no + 1 where enrollment_id = any($1) and site_id = (select site_id from bare.enrollment limit 1)",
                "insert into bare.visit (site_id, enrollment_id, visit_no, node_id, cause, entered_at) select '00000000-0000-0000-0000-000000000000', id, 3, 'end', 'timer', now() from unnest($1) as id",
            ])
                batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = some } } });
            await batch.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        });
        return watch.Elapsed.TotalSeconds;
    }

    public static JsonNode Design(DateTimeOffset due) => JsonNode.Parse("""
        { "name": "All at once", "graph": {
            "nodes": [ {"id": "start", "trigger": {"manual": {}}}, {"id": "wait", "wait": {"date": "DUE"}}, {"id": "end", "exit": {"outcome": "done"}} ],
            "edges": [ {"id": "e1", "source": "start", "target": "wait"}, {"id": "e2", "source": "wait", "target": "end"} ] } }
        """.Replace("DUE", due.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), StringComparison.Ordinal))!;

    static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync();
    }

    static async Task<bool> IsAnybodyInsideAsync(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("select exists (select from enrollment.enrollment where status = 'ACTIVE')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
