namespace Journeys.Engine.Tests;

/// <summary>Tests that look at the memory of the process, so no other may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

[Collection(Alone.Name)]
public sealed class RegexMemoryTests
{
    [Theory]
    [InlineData(@"[ab]*a[ab]{119}c0")]
    [InlineData(@"(\w{1,30}\s?){1,8}$")]
    public void The_work_of_a_match_is_bounded_and_nothing_is_kept(string pattern)
    {
        var random = new Random(1);
        var texts = Enumerable.Range(0, 50).Select(_ => new string([.. Enumerable.Range(0, 7_900).Select(_ => random.Next(2) == 0 ? 'a' : 'b')])).ToList();
        var matcher = RegexMatcher.For(pattern)!;
        // A step is a few nanoseconds: 50 such texts are a matter of milliseconds.
        var effort = new Effort(50L * RegexMatcher.MaxText * (RegexSubset.MaxSize + 1), () => new InvalidOperationException("It took too much."), charge: null, CancellationToken.None);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        foreach (var text in texts)
            matcher.IsMatch(text, effort);

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 4 << 20);
    }
}
