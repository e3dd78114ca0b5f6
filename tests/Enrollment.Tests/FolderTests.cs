using System.Text.RegularExpressions;
using Journeys.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>The folders of Enrollment are its namespaces, and what they need of each other goes one way.</summary>
public sealed partial class FolderTests
{
    const string Root = "Journeys.Enrollments";

    static readonly string Folder = RepoRoot.Under("services/Enrollment");

    static readonly IReadOnlyList<(string Folder, string Text)> Sources =
    [
        .. Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => (Folder: Path.GetDirectoryName(Path.GetRelativePath(Folder, file))!, File: file))
            .Where(source => source.Folder.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .Select(source => (source.Folder.Replace(Path.DirectorySeparatorChar, '.'), File.ReadAllText(source.File))),
    ];

    [Fact]
    public void A_folder_is_a_namespace() => Assert.All(
        Sources.Where(source => Namespace().IsMatch(source.Text)),
        source => Assert.Equal(source.Folder.Length > 0 ? $"{Root}.{source.Folder}" : Root, Namespace().Match(source.Text).Groups[1].Value));

    [Fact]
    public void No_folder_needs_one_that_needs_it()
    {
        // What lies in the root is seen by all without a word, and only the composition there needs the folders.
        var needs = Sources
            .Where(source => source.Folder.Length > 0)
            .SelectMany(source => Using().Matches(source.Text).Select(match => (From: source.Folder, To: match.Groups[1].Value)))
            .Where(need => need.From != need.To)
            .ToLookup(need => need.From, need => need.To);
        Assert.NotEmpty(needs);

        var left = needs.Select(from => from.Key).ToHashSet();
        // Takes away who needs nobody that is left; a circle is what stays.
        while (left.RemoveWhere(folder => !needs[folder].Any(left.Contains)) > 0)
        {
        }

        Assert.Empty(left);
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using Journeys\.Enrollments\.([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
