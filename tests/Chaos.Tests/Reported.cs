using System.Text.Json.Nodes;

namespace Journeys.Chaos.Tests;

/// <summary>What a run wrote for docs/reliability.md.</summary>
static class Reported
{
    /// <summary>Fails unless it has these tables, each with rows.</summary>
    public static async Task TablesAsync(string report, params string[] names)
    {
        var tables = JsonNode.Parse(await File.ReadAllTextAsync(report))!["tables"]!.AsObject();
        Assert.Equal(names.Order(), tables.Where(table => table.Value!["rows"]!.AsArray().Count > 0).Select(table => table.Key).Order());
    }
}
