using System.Globalization;
using Npgsql;

namespace Journeys.Ledgers;

/// <summary>The console program: reads arguments, runs the checks, prints the report.</summary>
public static class LedgerCommand
{
    const string Usage = """
        usage: journeys-ledger --database CONNECTION | --definition CONNECTION --enrollment CONNECTION --scheduler CONNECTION
                               [--history FILE] [--site ID] [--settle SECONDS] [--patience SECONDS] [--most N] [--json]
        The environment variables JOURNEYS_LEDGER_DATABASE, _DEFINITION, _ENROLLMENT and _SCHEDULER set the same values as the options.
        Exit code: 0 nothing was found, 1 something was found, 2 it could not be checked.
        """;

    static readonly string[] Known =
        ["database", "definition", "enrollment", "scheduler", "history", "site", "settle", "patience", "most"];

    /// <summary>
    /// Returns the exit code: 0 without findings, 1 with findings, 2 when the databases could not be checked.
    /// </summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter errors, CancellationToken ct)
    {
        if (args.Any(arg => arg is "--help" or "-h"))
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        try
        {
            var given = Read(args, out var json);
            var report = await new Ledger(ToOptions(given), errors.WriteLine).CheckAsync(ct);
            if (json)
                ReportWriter.WriteJson(report, output);
            else
                ReportWriter.WriteText(report, output);
            return report.IsHealthy ? 0 : 1;
        }
        catch (Exception failure) when (failure is CannotCheck or NpgsqlException or IOException or OperationCanceledException)
        {
            await errors.WriteLineAsync($"ledger: {failure.Message.ReplaceLineEndings(" ")}");
            return 2;
        }
    }

    static Dictionary<string, string> Read(IReadOnlyList<string> args, out bool json)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        json = false;
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (name == "json")
                json = true;
            else if (!Known.Contains(name))
                throw new CannotCheck($"{args[i]} is not a valid option; --help lists them.");
            else if (i + 1 == args.Count)
                throw new CannotCheck($"{args[i]} needs a value.");
            else
                given[name] = args[++i];
        }

        return given;
    }

    static LedgerOptions ToOptions(Dictionary<string, string> given) => new()
    {
        Definition = Connection(given, "definition"),
        Enrollment = Connection(given, "enrollment"),
        Scheduler = Connection(given, "scheduler"),
        HistoryFile = given.GetValueOrDefault("history"),
        SiteId = !given.TryGetValue("site", out var site) ? null
            : Guid.TryParse(site, out var id) ? id
            : throw new CannotCheck("--site must be the id of a site, a UUID."),
        Settle = TimeSpan.FromSeconds(Number(given, "settle", 15, 0)),
        Patience = TimeSpan.FromSeconds(Number(given, "patience", 60, 1)),
        MostFindings = Number(given, "most", 1_000, 1),
    };

    static string Connection(Dictionary<string, string> given, string name) =>
        given.GetValueOrDefault(name)
        ?? given.GetValueOrDefault("database")
        ?? Environment.GetEnvironmentVariable($"JOURNEYS_LEDGER_{name.ToUpperInvariant()}")
        ?? Environment.GetEnvironmentVariable("JOURNEYS_LEDGER_DATABASE")
        ?? throw new CannotCheck($"--{name} or --database is missing; --help says more.");

    static int Number(Dictionary<string, string> given, string name, int fallback, int least)
    {
        if (!given.TryGetValue(name, out var text))
            return fallback;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > 86_400)
            throw new CannotCheck($"--{name} must be a whole number from {least} to 86400.");
        return number;
    }
}
