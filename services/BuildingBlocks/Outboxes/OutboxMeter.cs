using System.Diagnostics.Metrics;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>
/// Measures the number and the age of waiting messages: `journeys.outbox.depth` and `journeys.outbox.age`.
/// </summary>
public sealed class OutboxMeter : IChore
{
    readonly OutboxStore store;
    (long Depth, double Age) last;

    public OutboxMeter(OutboxStore store, Outbox outbox, IMeterFactory meters)
    {
        this.store = store;
        var meter = meters.Create(Telemetry.MeterName);
        var tags = new KeyValuePair<string, object?>("schema", outbox.Schema);
        meter.CreateObservableGauge("journeys.outbox.depth", () => new Measurement<long>(last.Depth, tags), "{message}", "Messages that wait in the outbox.");
        meter.CreateObservableGauge("journeys.outbox.age", () => new Measurement<double>(last.Age, tags), "s", "Age of the oldest message in the outbox.");
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        last = await store.MeasureAsync(ct);
        return TimeSpan.FromSeconds(10);
    }
}
