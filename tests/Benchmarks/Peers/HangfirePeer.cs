using Hangfire;
using Hangfire.PostgreSql;

namespace Journeys.Benchmarks.Peers;

/// <summary>A scheduled job for each person, with Hangfire on PostgreSQL.</summary>
static class HangfirePeer
{
    // More than the default, since a step waits for the database; the shortest poll that the library takes; long polling, which its storage offers for throughput.
    const int Workers = 20;

    public static async Task RunAsync(Waits waits)
    {
        var options = new PostgreSqlStorageOptions { PrepareSchemaIfNecessary = true, EnableLongPolling = true, UseSlidingInvisibilityTimeout = true };
        var storage = new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(waits.ConnectionString, options), options);
        var client = new BackgroundJobClient(storage);
        waits.Due = DateTimeOffset.UtcNow.AddSeconds(20 + (waits.Count / 250));
        Parallel.For(1, waits.Count + 1, new ParallelOptions { MaxDegreeOfParallelism = 8 }, id => client.Schedule(() => Waits.StepAsync(id), waits.Due));
        if (DateTimeOffset.UtcNow > waits.Due)
            throw new InvalidOperationException("The waits fell due before all were scheduled.");

        using var server = new BackgroundJobServer(new() { WorkerCount = Workers, SchedulePollingInterval = TimeSpan.FromSeconds(1) }, storage);
        await TimersBenchmark.WaitUntilAsync(waits.Due);
        await waits.AllDoneAsync();
    }
}
