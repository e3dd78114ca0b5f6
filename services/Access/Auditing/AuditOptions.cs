using System.ComponentModel.DataAnnotations;

namespace Journeys.Access.Auditing;

/// <summary>The settings under `Audit`.</summary>
public sealed record AuditOptions
{
    /// <summary>
    /// How long rows of the audit log are kept, in days. The database itself refuses to delete rows that are younger
    /// than 30 days.
    /// </summary>
    [Range(31, 3_650)]
    public int KeepDays { get; init; } = 400;
}
