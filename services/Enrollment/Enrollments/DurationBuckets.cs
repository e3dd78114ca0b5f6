namespace Journeys.Enrollments.Enrollments;

/// <summary>Durations in steps of two percent, so that a median of millions is a few hundred numbers, within 1.1 percent of the truth (or 0.1 ms).</summary>
public static class DurationBuckets
{
    const double StepsPerFactorE = 50;

    /// <summary>The bucket of a duration; 0 for none.</summary>
    public static int Of(TimeSpan duration) => (int)Math.Round(Math.Log(1 + Math.Max(0, duration.TotalMilliseconds)) * StepsPerFactorE);

    /// <summary>The duration that stands for a bucket.</summary>
    public static TimeSpan Middle(int bucket) => TimeSpan.FromMilliseconds(Math.Exp(bucket / StepsPerFactorE) - 1);

    /// <summary>The duration that this share (0 to 1) of all counted durations does not exceed; null when none was counted.</summary>
    public static TimeSpan? Percentile(IReadOnlyCollection<(int Bucket, long Count)> counts, double share)
    {
        var wanted = share * counts.Sum(count => count.Count);
        var seen = 0L;
        foreach (var (bucket, count) in counts.OrderBy(count => count.Bucket))
        {
            seen += count;
            if (count > 0 && seen >= wanted)
                return Middle(bucket);
        }

        return null;
    }
}
