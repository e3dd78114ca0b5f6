namespace Journeys.Chaos.Soak;

/// <summary>How much something grew, by the line that lies closest to what was measured.</summary>
public static class Growth
{
    // A wait ends in the batch that its timer travels in, so some of this is how long a batch takes.
    const double MostRise = 1.5;

    // Below it, a rise says more about the machine than about the system.
    const double LeastRise = 100;

    /// <summary>
    /// Returns the middle of the first half and of the second, if the second is half as much again and more by 100;
    /// otherwise null.
    /// </summary>
    public static (double First, double Second)? Rise(IReadOnlyList<double> values)
    {
        var half = values.Count / 2;
        var (first, second) = (values.Take(half).Order().ElementAt(half / 2), values.Skip(half).Order().ElementAt((values.Count - half) / 2));
        return second > Math.Max(first * MostRise, first + LeastRise) ? (first, second) : null;
    }

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
