using System.Globalization;
using System.Text.Json.Nodes;

namespace Journeys.Testing.Reports;

/// <summary>A table of a run: printed for those who watch, and written for `tests/report.mjs`.</summary>
/// <param name="name">How documents name it.</param>
/// <param name="columns">The headings.</param>
public sealed class Table(string name, params string[] columns)
{
    readonly List<string[]> rows = [];

    public string Name => name;

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params object[] cells) => rows.Add([.. cells.Select(Text)]);

    /// <summary>Returns its lines with aligned columns.</summary>
    public override string ToString()
    {
        var widths = columns.Select((column, at) => rows.Select(row => row[at].Length).Append(column.Length).Max()).ToArray();
        return string.Join('\n', rows.Prepend(columns).Select(row =>
            string.Join("  ", row.Select((cell, at) => at == 0 ? cell.PadRight(widths[at]) : cell.PadLeft(widths[at])))));
    }

    /// <summary>Returns it as an object with `columns` and `rows`.</summary>
    public JsonObject ToJson() => new() { ["columns"] = Array(columns), ["rows"] = new JsonArray([.. rows.Select(Array)]) };

    static JsonArray Array(IEnumerable<string> cells) => [.. cells.Select(cell => JsonValue.Create(cell))];

    // Two digits say enough of what is small, and whole numbers of what is large.
    static string Text(object cell) => cell switch
    {
        double number => number.ToString(Math.Abs(number) >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture),
        int or long => ((IFormattable)cell).ToString("#,0", CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    };
}
