using System.Diagnostics.Metrics;

namespace Journeys.Testing;

/// <summary>
/// Counts what one counter of one host adds from now on. Other test classes have hosts of their own in the same
/// process.
/// </summary>
public sealed class CountedMetric : IDisposable
{
    readonly MeterListener listener;
    int total;

    /// <param name="meters">The meters of the host.</param>
    /// <param name="name">The name of the counter, such as `journeys.wakeups.repaired`.</param>
    public CountedMetric(IMeterFactory meters, string name)
    {
        listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == name && instrument.Meter.Scope == meters)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, count, _, _) => Interlocked.Add(ref total, count));
        listener.Start();
    }

    /// <summary>The sum so far.</summary>
    public int Total => Volatile.Read(ref total);

    public void Dispose() => listener.Dispose();
}
