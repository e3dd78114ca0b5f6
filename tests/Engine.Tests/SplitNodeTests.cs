namespace Journeys.Engine.Tests;

public sealed class SplitNodeTests
{
    static readonly CompiledJourney Journey = Make.Around(new SplitNode("half", [new("a", 50), new("b", 50)]));

    // Pinned: a change of the hash would move people who are under way to other variants.
    [Theory]
    [InlineData("u1", 1898)]
    [InlineData("u2", 773)]
    [InlineData("Zoë", 8268)]
    public void The_hash_never_changes(string firstId, int slot) => Assert.Equal(slot, SplitHash.Slot(Make.JourneyId, "half", firstId));

    [Fact]
    public void The_same_person_gets_the_same_variant_and_rules_can_read_it()
    {
        var first = Make.Enter(Journey);

        Assert.Equal(first.Progress.Outcome, Make.Enter(Journey).Progress.Outcome);
        Assert.Equal("{\"half\":{\"variant\":\"" + first.Progress.Outcome + "\"}}", first.Progress.Data.Json);
    }

    [Theory]
    [InlineData(50, 50)]
    [InlineData(90, 10)]
    [InlineData(33.33, 66.67)]
    public void Shares_are_what_the_author_asked_for(double a, double b)
    {
        const int people = 20_000;
        Variant[] variants = [new("a", a), new("b", b)];

        var got = Enumerable.Range(0, people).Count(n => SplitHash.Choose(variants, SplitHash.Slot(Make.JourneyId, "s", $"user-{n}")).Name == "a");

        // Five standard deviations: one in two million by chance.
        var tolerance = 5 * Math.Sqrt(people * a / 100 * (1 - (a / 100)));
        Assert.InRange(got, (people * a / 100) - tolerance, (people * a / 100) + tolerance);
    }
}
