using System.Text.RegularExpressions;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>docs/backends.md tells every reason that a caller may have to code against, and no other.</summary>
public sealed partial class ReasonTests
{
    static readonly string[] Projects =
    [
        "services/BuildingBlocks", "services/Definition", "services/Enrollment", "services/Scheduler", "services/Access",
        "gateway/Gateway",
    ];

    [Fact]
    public void Every_reason_is_documented()
    {
        var sources = Projects.SelectMany(folder => Directory.EnumerateFiles(RepoRoot.Under(folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        var given = sources.SelectMany(text => Reason().Matches(text)).Select(match => match.Groups["reason"].Value)
            .Concat(sources.SelectMany(text => Missing().Matches(text)).Select(match => $"{match.Groups[1].Value.ToUpperInvariant().Replace(' ', '_')}_NOT_FOUND"));

        var documented = File.ReadLines(RepoRoot.Under("docs/backends.md"))
            .Where(line => Row().IsMatch(line)).SelectMany(line => Name().Matches(line.Split('|')[1])).Select(match => match.Groups[1].Value);

        Assert.Equal(given.Distinct().Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    // What a refusal is made with: its first argument, or the second after a status code; and the words for a bare status.
    [GeneratedRegex(@"(?:new (?:Refused|Conflict|AlreadyThere|GatewayError|Unauthenticated|Problem)\(|AlreadyThere NameTaken\(string name\) => new\(|Refused Refusal\(\) => new\(|DomainException\(|Unsupported\(|Describe\(|new\(\s*StatusCode\.\w+,)(?:\s*StatusCode\.\w+,)?\s*""(?<reason>[A-Z_]+)""|40\d => \(""(?<reason>[A-Z_]+)"", ")]
    private static partial Regex Reason();

    [GeneratedRegex(@"new NotFound\(""([a-z ]+)""")]
    private static partial Regex Missing();

    [GeneratedRegex(@"^\| `[A-Z_]+`.* \| \d{3}")]
    private static partial Regex Row();

    [GeneratedRegex("`([A-Z_]+)`")]
    private static partial Regex Name();
}
