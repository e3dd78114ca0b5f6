using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace Journeys.Testing.Reports;

/// <summary>What a run showed, as JSON from which `tests/report.mjs` writes tables of docs/reliability.md and docs/performance.md.</summary>
/// <param name="command">The command that does the same again.</param>
public sealed class RunReport(string command)
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    // Asked at the beginning: what is built then is what runs, whatever happens to the files meanwhile.
    readonly Task<string> commit = CommitAsync();
    readonly string loadBefore = Load();
    readonly List<Table> tables = [];

    /// <summary>Adds a table, and returns it.</summary>
    public Table Add(Table table)
    {
        tables.Add(table);
        return table;
    }

    /// <summary>Writes all of it, with the commit, the machine and the time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="versions">The versions of the servers, such as `PostgreSQL 18.0`.</param>
    /// <param name="outcome">What came of the run, in one sentence; empty if the tables say it.</param>
    public async Task WriteAsync(string path, IReadOnlyList<string> versions, string outcome)
    {
        var document = new JsonObject
        {
            ["command"] = command,
            ["commit"] = await commit,
            ["date"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["machine"] = string.Create(
                CultureInfo.InvariantCulture,
                $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, load average {loadBefore} before and {Load()} after"),
            ["versions"] = string.Join(", ", versions.Append($".NET {Environment.Version}")),
            ["outcome"] = outcome,
            ["tables"] = new JsonObject(tables.Select(table => KeyValuePair.Create(table.Name, (JsonNode?)table.ToJson()))),
        };
        await File.WriteAllTextAsync(path, document.ToJsonString(Indented) + "\n");
    }

    /// <summary>Writes it where the variable JOURNEYS_RESULTS says; without one, nothing.</summary>
    /// <param name="name">The name of the file, without its ending.</param>
    public Task KeepAsync(string name, IReadOnlyList<string> versions, string outcome) =>
        Environment.GetEnvironmentVariable("JOURNEYS_RESULTS") is { Length: > 0 } folder
            ? WriteAsync(Path.Combine(RepoRoot.Path, folder, $"{name}.json"), versions, outcome)
            : Task.CompletedTask;

    /// <summary>Returns the version of a database, such as `PostgreSQL 18.0`.</summary>
    public static async Task<string> VersionOfAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("select current_setting('server_version')");
        return $"PostgreSQL {await command.ExecuteScalarAsync()}";
    }

    static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    static async Task<string> CommitAsync()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["describe", "--always", "--dirty"])
        {
            WorkingDirectory = RepoRoot.Path,
            RedirectStandardOutput = true,
        })!;
        var said = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return said.Trim();
    }
}
