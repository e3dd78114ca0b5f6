namespace Journeys.Ledgers;

/// <summary>The result of one check.</summary>
/// <param name="Check">The name of the check.</param>
/// <param name="Rows">The number of rows checked; a check of 0 rows proves nothing.</param>
/// <param name="Count">The number of findings.</param>
/// <param name="Findings">The findings, at most the requested number.</param>
/// <param name="Settles">Whether the findings may be work in progress that has not ended after a second look either.</param>
public sealed record CheckResult(string Check, long Rows, long Count, IReadOnlyList<Finding> Findings, bool Settles);

/// <summary>The result of the ledger.</summary>
/// <param name="Checks">One result for each check.</param>
public sealed record Report(IReadOnlyList<CheckResult> Checks)
{
    /// <summary>The findings of all checks, as far as the report contains them.</summary>
    public IReadOnlyList<Finding> Findings => [.. Checks.SelectMany(check => check.Findings)];

    /// <summary>Whether there are no findings.</summary>
    public bool IsHealthy => Checks.All(check => check.Count == 0);
}
