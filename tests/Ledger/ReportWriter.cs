using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Journeys.Ledgers;

/// <summary>Prints a report as text or as JSON.</summary>
public static class ReportWriter
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Prints the findings by kind, then a table of the checks, then one line with the sum.</summary>
    public static void WriteText(Report report, TextWriter output)
    {
        foreach (var finding in report.Findings.OrderBy(finding => finding.Kind))
            output.WriteLine($"{finding.Kind.ToString().ToUpperInvariant(),-10} {finding.Check}: site={finding.SiteId} {finding.Ids}: {finding.What}");
        if (report.Findings.Count > 0)
            output.WriteLine();

        output.WriteLine($"{"check",-16} {"rows",12} {"findings",9}");
        foreach (var check in report.Checks)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{check.Check,-16} {check.Rows,12:N0} {check.Count,9:N0}{Remark(check)}"));
        output.WriteLine();
        output.WriteLine(report.IsHealthy ? "Nothing was found." : $"{report.Checks.Sum(check => check.Count).ToString("N0", CultureInfo.InvariantCulture)} findings.");
    }

    /// <summary>Prints the report as one JSON document.</summary>
    public static void WriteJson(Report report, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(
        new { healthy = report.IsHealthy, checks = report.Checks.Select(check => new { check.Check, check.Rows, check.Count }), findings = report.Findings.Select(Plain) }, Json));

    static object Plain(Finding finding) => new { finding.Check, finding.Kind, finding.SiteId, finding.Ids, finding.What };

    static string Remark(CheckResult check) => check switch
    {
        { Rows: 0 } => "  looked at nothing",
        _ when check.Count > check.Findings.Count => $"  {check.Findings.Count} of them are told",
        _ => "",
    };
}
