namespace Journeys.PopulationSimulation.Tests;

public sealed class LuckTests
{
    // Reckoned by another program from the words of the specification: FNV-1a of the name, and three times the finisher of SplitMix64.
    [Theory]
    [InlineData(1UL, 0, "outcome/tour/2", 0, 0x32be0ff78a139ec1UL)]
    [InlineData(1UL, 1, "outcome/tour/2", 0, 0x89abb9b8bd4734adUL)]
    [InlineData(7UL, 0, "every/go/0", 3, 0x1b57b33c2e19762cUL)]
    [InlineData(ulong.MaxValue, 199_999, "zone", 0, 0x7b7d80e53123ee24UL)]
    public void A_draw_is_a_function_of_seed_person_stream_and_number(ulong seed, int person, string stream, long n, ulong draw) =>
        Assert.Equal(draw, new Luck(seed, person).Draw(Luck.Stream(stream), n));

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(2_147_483_647)]
    public void A_stream_is_the_same_however_its_name_is_put_together(int number) =>
        Assert.Equal(Luck.Stream($"latency/tour/{number}"), Luck.Stream(Luck.Stream("latency/tour/"), number));

    [Fact]
    public void Whole_numbers_are_even_and_below_the_bound()
    {
        var counts = new int[7];
        for (var person = 0; person < 70_000; person++)
            counts[new Luck(1, person).Below(7, Luck.Stream("die"))]++;

        // Five deviations of a fair die.
        Assert.All(counts, count => Assert.InRange(count, 10_000 - 463, 10_000 + 463));
        Assert.Equal((0, 6), (Luck.Below(0, 7), Luck.Below(ulong.MaxValue, 7)));
    }

    [Fact]
    public void So_many_of_a_thousand_is_so_many()
    {
        var happened = Enumerable.Range(0, 100_000).Count(person => new Luck(3, person).Happens(25, Luck.Stream("rare")));

        Assert.InRange(happened, 2_500 - 247, 2_500 + 247);
        Assert.True(new Luck(3, 0).Happens(1_000, 0));
        Assert.DoesNotContain(Enumerable.Range(0, 10_000), person => new Luck(3, person).Happens(0, 0));
    }
}
