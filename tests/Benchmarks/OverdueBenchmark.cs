using System.Collections.Concurrent;
using System.Diagnostics;
using Journeys.EndToEnd.Tests;
using Npgsql;

namespace Journeys.Benchmarks;

/// <summary>The Scheduler was away while many waits fell due: how fast are they made up for, and what do others notice of it.</summary>
static class OverdueBenchmark
{
    const int Callers = 16;
    const int CallsPerSecond = 100;

    static readonly TimeSpan Calm = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(Figures figures, int count)
    {
        await using var deployment = await MeasuredDeployment.StartAsync(figures);
        var due = DateTimeOffset.UtcNow.AddSeconds(40 + (count / 1_500));
        var journey = await deployment.Api.PublishAsync(TimersBenchmark.Design(due));
        await Parallel.ForEachAsync(Enumerable.Range(0, count).Chunk(1_000), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (some, _) =>
            await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = some.Select(n => $"u{n}") }));
        using var stop = new CancellationTokenSource();
        var others = new Others(deployment.Api, await deployment.Api.PublishAsync(ProgressBenchmark.Circle()));
        var walking = others.WalkAsync(stop.Token);
        await TimersBenchmark.WaitUntilAsync(due - Calm - TimeSpan.FromSeconds(5));
        if (DateTimeOffset.UtcNow > due - Calm)
            throw new InvalidOperationException("The waits fell due before everybody was in.");

        others.Take();
        await Task.Delay(Calm);
        var calm = others.Take();
        await deployment.Scheduler.KillAsync();
        await TimersBenchmark.WaitUntilAsync(due.AddSeconds(2));

        await deployment.Scheduler.StartAsync();
        var watch = Stopwatch.StartNew();
        others.Take();
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await IsAnybodyInsideAsync(deployment.Database, journey))
            await look.WaitForNextTickAsync();
        var seconds = watch.Elapsed.TotalSeconds;
        var busy = others.Take();
        await stop.CancelAsync();
        await walking;

        figures.Add($"Scheduler ready to all {count} made up for", seconds, "s", "<= 60 s");
        figures.Add("others before", calm, Calm);
        figures.Add("others meanwhile", busy, TimeSpan.FromSeconds(seconds));
        figures.Add("p99 meanwhile", busy[busy.Length * 99 / 100] / calm[calm.Length * 99 / 100], "times", "< 2 times");
    }

    static async Task<bool> IsAnybodyInsideAsync(NpgsqlDataSource database, string journey)
    {
        await using var command = database.CreateCommand("select exists (select from enrollment.enrollment where status = 'ACTIVE' and journey_id = $1)");
        command.Parameters.Add(new() { Value = Guid.Parse(journey) });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>People who walk another journey of the site, and what their calls took.</summary>
    sealed class Others(Api api, string journey)
    {
        readonly ConcurrentQueue<double> took = new();

        /// <summary>Milliseconds of the calls since the last time, the quickest first.</summary>
        public double[] Take()
        {
            var taken = new List<double>();
            while (took.TryDequeue(out var one))
                taken.Add(one);
            return [.. taken.Order()];
        }

        public Task WalkAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, Callers).Select(number => WalkAsync($"other-{number}", stop)));

        async Task WalkAsync(string userId, CancellationToken stop)
        {
            var answer = await api.SdkAsync($"/sdk/journeys/{journey}/enroll", new { userId });
            var start = Stopwatch.GetTimestamp();
            for (var call = 1; !stop.IsCancellationRequested; call++)
            {
                // A call that cannot begin in time, because the one before it was slow, has waited since then.
                var planned = TimeSpan.FromSeconds((double)call * Callers / CallsPerSecond);
                if (planned - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } rest)
                    await Task.Delay(rest, CancellationToken.None);
                var (nodeId, visitNo) = ((string)answer["step"]!["nodeId"]!, (int)answer["step"]!["visitNo"]!);
                answer = await api.SdkAsync($"/sdk/journeys/{journey}/progress", new { userId, nodeId, visitNo, outcome = "COMPLETED" });
                took.Enqueue((Stopwatch.GetElapsedTime(start) - planned).TotalMilliseconds);
            }
        }
    }
}
