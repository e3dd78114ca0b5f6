namespace Journeys.Testing;

/// <summary>Finds the source tree that these tests were built from.</summary>
public static class RepoRoot
{
    /// <summary>The folder with Journeys.sln.</summary>
    public static string Path { get; } = Find();

    /// <summary>`Debug` or `Release`, depending on how the running tests were built.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Returns the path of a file or folder in the tree, given with `/`.</summary>
    public static string Under(string path) => System.IO.Path.Combine(Path, path);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Journeys.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Journeys.sln above {AppContext.BaseDirectory}.");
    }
}
