using Journeys.Testing.Reports;
using Npgsql;

namespace Journeys.Chaos.Soak;

/// <summary>The rows of tables that only hold what is under way.</summary>
sealed class Leftovers(NpgsqlDataSource database)
{
    static readonly string[] Tables =
    [
        "definition.outbox", "enrollment.outbox", "scheduler.outbox", "definition.failed_message", "enrollment.failed_message", "scheduler.failed_message",
        "enrollment.held_signal", "enrollment.set_aside", "enrollment.redaction", "enrollment.erasure", "enrollment.statistic_change", "scheduler.parked_timer",
    ];

    readonly Dictionary<string, List<(TimeSpan At, double Value)>> rows = Tables.ToDictionary(table => table, _ => new List<(TimeSpan, double)>());

    public async Task SampleAsync(TimeSpan at)
    {
        await using var command = database.CreateCommand(string.Join(" union all ", Tables.Select(table => $"select '{table}', count(*) from {table}")));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows[reader.GetString(0)].Add((at, reader.GetInt64(1)));
    }

    /// <summary>Returns a table, and what was left although nothing was under way.</summary>
    public async Task<(Table Table, IReadOnlyList<string> Left)> ConcludeAsync(TimeSpan end)
    {
        var during = rows.ToDictionary(table => table.Key, table => table.Value.ToList());
        await SampleAsync(end);
        var table = new Table("rows", "rows of what is under way", "middle", "most", "in the end");
        foreach (var (name, samples) in during)
        {
            var sorted = samples.Select(sample => sample.Value).Order().ToArray();
            table.Add(name, (long)sorted[sorted.Length / 2], (long)sorted[^1], (long)rows[name][^1].Value);
        }

        return (table, [.. rows.Where(one => one.Value[^1].Value > 0).Select(one => $"{one.Key} has {one.Value[^1].Value} rows in the end")]);
    }
}
