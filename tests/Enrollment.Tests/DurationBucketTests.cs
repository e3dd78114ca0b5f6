using CsCheck;
using Journeys.Enrollments.Enrollments;

namespace Journeys.Enrollments.Tests;

public sealed class DurationBucketTests
{
    [Fact]
    public void A_bucket_stands_for_its_durations_within_what_the_contract_promises() => Gen.Double[0, 40].Sample(exponent =>
    {
        // From less than a millisecond to ten years.
        var exact = Math.Min(Math.Exp(exponent) - 1, 315_576_000_000);

        var middle = DurationBuckets.Middle(DurationBuckets.Of(TimeSpan.FromMilliseconds(exact))).TotalMilliseconds;

        return Math.Abs(middle - exact) <= Math.Max(exact * 0.011, 0.1);
    });

    [Fact]
    public void A_percentile_is_that_of_the_nearest_rank()
    {
        var counts = new (int, long)[] { (100, 5), (200, 4), (300, 1) };

        Assert.Equal(DurationBuckets.Middle(100), DurationBuckets.Percentile(counts, 0.5));
        Assert.Equal(DurationBuckets.Middle(200), DurationBuckets.Percentile(counts, 0.9));
        Assert.Null(DurationBuckets.Percentile([], 0.5));
    }
}
