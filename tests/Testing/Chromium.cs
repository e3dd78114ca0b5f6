namespace Journeys.Testing;

/// <summary>The system's Chromium for Playwright, whose own browsers are not installed.</summary>
public static class Chromium
{
    /// <summary>
    /// The path of the program: `JOURNEYS_CHROMIUM`, or else `chromium` or a related program on the PATH.
    /// </summary>
    /// <exception cref="InvalidOperationException">No Chromium was found.</exception>
    public static string Path { get; } = Find();

    /// <summary>Its arguments: no sandbox, because containers and root have none, and no background requests.</summary>
    public static IReadOnlyList<string> Arguments { get; } =
    [
        "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    ];

    static string Find()
    {
        if (Environment.GetEnvironmentVariable("JOURNEYS_CHROMIUM") is { Length: > 0 } given)
            return given;

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator);
        string[] names = ["chromium", "chromium-browser", "google-chrome"];
        return names.SelectMany(name => folders.Select(folder => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("Chromium is missing: install the package chromium, or name one in JOURNEYS_CHROMIUM.");
    }
}
