using System.Text.RegularExpressions;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>The table "when one item fails" of the guide for operators has every loop.</summary>
public sealed partial class LoopTableTests
{
    [Fact]
    public async Task The_guide_says_of_every_loop_what_happens_when_one_item_fails()
    {
        var guide = await File.ReadAllTextAsync(RepoRoot.Under("docs/operations.md"));
        var table = Table().Match(guide).Value;
        var loops = from folder in (string[])["services", "gateway/Gateway"]
                    from file in Directory.EnumerateFiles(RepoRoot.Under(folder), "*.cs", SearchOption.AllDirectories)
                    where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                    from Match loop in Loop().Matches(File.ReadAllText(file))
                    select loop.Groups["name"].Value;

        var named = loops.Distinct().Order().ToList();

        Assert.True(named.Count > 25, $"Only {named.Count} loops were found.");
        Assert.All(named, loop => Assert.Contains($"`{loop}`", table, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| loop \| when one item fails \|\n(\|.*\n)+", RegexOptions.Multiline)]
    private static partial Regex Table();

    // The name has no type parameter, which Loop<TChore> itself has; what follows may be parameters on several lines.
    [GeneratedRegex(@"\bclass (?<name>\w+)\b(?!<)[^{;]*[:,]\s*IChore\b")]
    private static partial Regex Loop();
}
