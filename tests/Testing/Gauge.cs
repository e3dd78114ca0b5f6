using System.Diagnostics.Metrics;

namespace Journeys.Testing;

/// <summary>
/// Reads the observable gauges of one host. Other test classes have hosts of their own in the same process.
/// </summary>
public static class Gauge
{
    /// <summary>Returns the present values of a gauge, each with the values of its tags.</summary>
    /// <param name="meters">The meters of the host.</param>
    /// <param name="name">The name of the gauge, such as `journeys.set_aside`.</param>
    public static IReadOnlyList<(string Tags, long Value)> Read(IMeterFactory meters, string name)
    {
        var values = new List<(string, long)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == name && instrument.Meter.Scope == meters)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => values.Add((Text(tags), value)));
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => values.Add((Text(tags), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => tag.Value));
}
