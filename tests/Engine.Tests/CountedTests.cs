namespace Journeys.Engine.Tests;

public sealed class CountedTests
{
    [Theory]
    [InlineData(0, "0 people")]
    [InlineData(1, "1 person")]
    [InlineData(1_000, "1,000 people")]
    public void A_number_has_its_noun(long count, string expected) => Assert.Equal(expected, Counted.Of(count, "person", "people"));

    [Fact]
    public void Most_nouns_need_no_second_form() => Assert.Equal(("1 problem", "2 problems"), (Counted.Of(1, "problem"), Counted.Of(2, "problem")));
}
