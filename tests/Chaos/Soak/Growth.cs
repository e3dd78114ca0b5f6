namespace Journeys.Chaos.Soak;

/// <summary>How much something grew, by the line that lies closest to what was measured.</summary>
public static class Growth
{
    /// <summary>Units a minute; 0 for fewer than two measurements.</summary>
    public static double PerMinute(IReadOnlyCollection<(TimeSpan At, double Value)> samples)
    {
        if (samples.Count < 2)
            return 0;

        var (middle, mean) = (samples.Average(sample => sample.At.TotalMinutes), samples.Average(sample => sample.Value));
        var spread = samples.Sum(sample => Math.Pow(sample.At.TotalMinutes - middle, 2));
        return samples.Sum(sample => (sample.At.TotalMinutes - middle) * (sample.Value - mean)) / spread;
    }
}
