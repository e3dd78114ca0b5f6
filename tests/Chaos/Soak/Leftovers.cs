using System.Globalization;
using Npgsql;

namespace Journeys.Chaos.Soak;

/// <summary>The rows of tables that only hold what is under way.</summary>
sealed class Leftovers(NpgsqlDataSource database)
{
    static readonly string[] Tables =
    [
        "definition.outbox", "enrollment.outbox", "scheduler.outbox", "definition.failed_message", "enrollment.failed_message", "scheduler.failed_message",
        "enrollment.held_signal", "enrollment.set_aside", "enrollment.redaction", "scheduler.parked_timer",
    ];

    readonly Dictionary<string, List<(TimeSpan At, double Value)>> rows = Tables.ToDictionary(table => table, _ => new List<(TimeSpan, double)>());

    public async Task SampleAsync(TimeSpan at)
    {
        await using var command = database.CreateCommand(string.Join(" union all ", Tables.Select(table => $"select '{table}', count(*) from {table}")));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows[reader.GetString(0)].Add((at, reader.GetInt64(1)));
    }

    /// <summary>Prints a table, and returns what was left although nothing was under way.</summary>
    public async Task<IReadOnlyList<string>> ConcludeAsync(TimeSpan end, TextWriter output)
    {
        var during = rows.ToDictionary(table => table.Key, table => table.Value.ToList());
        await SampleAsync(end);
        output.WriteLine($"{"rows of what is under way",-32} {"middle",8} {"most",8} {"in the end",11}");
        foreach (var (table, samples) in during)
        {
            var sorted = samples.Select(sample => sample.Value).Order().ToArray();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table,-32} {sorted[sorted.Length / 2],8:N0} {sorted[^1],8:N0} {rows[table][^1].Value,11:N0}"));
        }

        return [.. rows.Where(table => table.Value[^1].Value > 0).Select(table => $"{table.Key} has {table.Value[^1].Value} rows in the end")];
    }
}
