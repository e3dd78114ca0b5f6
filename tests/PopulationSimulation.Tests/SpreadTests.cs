namespace Journeys.PopulationSimulation.Tests;

public sealed class SpreadTests
{
    [Fact]
    public void A_percentile_is_the_nearest_rank()
    {
        var spread = new Spread();
        for (var i = 1; i <= 100; i++)
            spread.Add(i);

        Assert.Equal((10, 50, 90, 99, 100), (spread.Percentile(10), spread.Percentile(50), spread.Percentile(90), spread.Percentile(99), spread.Max));
    }

    [Fact]
    public void What_is_alike_is_exact_however_large()
    {
        var spread = new Spread();
        spread.Add(259_200_000);
        spread.Add(259_200_000);
        spread.Add(1);

        Assert.Equal((259_200_000, 259_200_000, 1), (spread.Percentile(50), spread.Percentile(99), spread.Percentile(33)));
        Assert.Equal(0, new Spread().Percentile(50));
        Assert.Null(new Spread().ToProto());
    }

    [Fact]
    public void What_is_read_occurred_and_is_at_most_one_in_64_too_long()
    {
        var numbers = Enumerable.Range(0, 20_000).Select(i => (long)(new Luck(1, i).Draw(0) >> 26)).ToList();
        var (whole, one, other) = (new Spread(), new Spread(), new Spread());
        foreach (var (i, number) in numbers.Index())
        {
            whole.Add(number);
            (i % 3 == 0 ? one : other).Add(number);
        }

        one.Add(other);
        numbers.Sort();
        foreach (var percent in new[] { 1, 10, 50, 90, 99, 100 })
        {
            var exact = numbers[(numbers.Count * percent / 100) - 1];
            Assert.Contains(whole.Percentile(percent), numbers);
            Assert.InRange(whole.Percentile(percent), exact, exact + (exact / 64));
            Assert.Equal(whole.Percentile(percent), one.Percentile(percent));
        }
    }
}
