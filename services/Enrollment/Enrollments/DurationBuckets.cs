namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Groups durations into buckets two percent apart, so that a median of millions is computed from a few hundred counts,
/// with an error of at most 1.1 percent (or 0.1 ms).
/// </summary>
public static class DurationBuckets
{
    const double StepsPerFactorE = 50;

    /// <summary>Returns the bucket of a duration; 0 for a duration of zero or less.</summary>
    public static int Of(TimeSpan duration) => (int)Math.Round(Math.Log(1 + Math.Max(0, duration.TotalMilliseconds)) * StepsPerFactorE);

    /// <summary>Returns the duration that represents a bucket.</summary>
    public static TimeSpan Middle(int bucket) => TimeSpan.FromMilliseconds(Math.Exp(bucket / StepsPerFactorE) - 1);

    /// <summary>
    /// Returns the duration that this share (0 to 1) of all counted durations does not exceed; null when none was
    /// counted.
    /// </summary>
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
