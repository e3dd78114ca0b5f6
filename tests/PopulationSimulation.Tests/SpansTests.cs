namespace Journeys.PopulationSimulation.Tests;

public sealed class SpansTests
{
    const ulong Half = 1UL << 63;

    [Fact]
    public void Half_of_each_curve_is_its_median()
    {
        // ln(2) of the mean: 693.147 s.
        Assert.Equal(693_147, new Spans.Exponential(1_000_000).Of(Half));
        Assert.Equal(40_000, new Spans.Lognormal(40_000, 1_000).Of(Half));
        Assert.Equal(150, new Spans.Uniform(100, 200).Of(Half));
        Assert.Equal(7, new Spans.Fixed(7).Of(Half));
    }

    // The quantiles 1/4 and 3/4 of the normal distribution are 0.674490: 40,000 times e to that, and to its negative.
    [Theory]
    [InlineData(1UL << 62, 20_377)]
    [InlineData((1UL << 62) + (1UL << 63), 78_521)]
    public void A_lognormal_is_as_wide_as_its_sigma(ulong draw, long span) => Assert.Equal(span, new Spans.Lognormal(40_000, 1_000).Of(draw));

    [Fact]
    public void The_ends_of_the_curves_are_finite_and_the_mean_is_kept()
    {
        var exponential = new Spans.Exponential(1_000_000);
        var sum = 0L;
        for (var i = 0UL; i < 65_536; i++)
            sum += exponential.Of((i << 48) + (1UL << 47));

        Assert.Equal(0, exponential.Of(0));
        Assert.Equal(8_931_472, exponential.Of(ulong.MaxValue), 1.0);
        Assert.InRange(sum / 65_536, 999_900, 1_000_100);
        Assert.Equal(Spans.Longest, new Spans.Lognormal(Spans.Longest, 3_000).Of(ulong.MaxValue));
        Assert.Equal((100, 200), (new Spans.Uniform(100, 200).Of(0), new Spans.Uniform(100, 200).Of(ulong.MaxValue)));
    }

    [Fact]
    public void Larger_draws_are_never_shorter()
    {
        foreach (var spans in new Spans[] { new Spans.Exponential(86_400_000), new Spans.Lognormal(40_000, 2_500), new Spans.Uniform(0, 9) })
        {
            var before = -1L;
            for (var i = 0UL; i < 100_000; i++)
            {
                var span = spans.Of(i * (ulong.MaxValue / 100_000));
                Assert.True(span >= before);
                before = span;
            }
        }
    }
}
