using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>Counts failed messages: `journeys.dead_letters` and `journeys.messages.waiting`, each by queue.</summary>
public sealed class DeadLetterMeter : IChore
{
    readonly FailedMessageStore store;
    IReadOnlyList<(string Queue, long Dead, long Waiting)> last = [];

    public DeadLetterMeter(FailedMessageStore store, QueueConsumers queues, IMeterFactory meters)
    {
        this.store = store;
        // A queue without failures reports 0, so that alerts can distinguish zero from no data.
        var names = queues.All.Select(queue => queue.Name);
        var meter = meters.Create(Telemetry.MeterName);
        meter.CreateObservableGauge(
            "journeys.dead_letters", () => Measure(count => count.Dead), "{message}", "Messages that are not tried again automatically.");
        meter.CreateObservableGauge(
            "journeys.messages.waiting", () => Measure(count => count.Waiting), "{message}", "Failed messages that wait for their next try.");

        IEnumerable<Measurement<long>> Measure(Func<(string Queue, long Dead, long Waiting), long> pick) =>
            names.Union(last.Select(count => count.Queue)).Select(queue => new Measurement<long>(
                last.Where(count => count.Queue == queue).Sum(pick), new KeyValuePair<string, object?>("queue", queue)));
    }

    /// <summary>The number of dead letters at the last count, by queue.</summary>
    public IReadOnlyDictionary<string, long> Dead => last.Where(count => count.Dead > 0).ToDictionary(count => count.Queue, count => count.Dead);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        last = await store.CountAsync(ct);
        return TimeSpan.FromSeconds(10);
    }
}

/// <summary>Reports degraded while there are dead letters: the service works, but an operator should look.</summary>
sealed class DeadLetterHealth(DeadLetterMeter meter) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var dead = meter.Dead;
        return Task.FromResult(dead.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(
                $"{dead.Values.Sum()} dead letters: {string.Join(", ", dead.Select(queue => $"{queue.Key} {queue.Value}"))}."));
    }
}
