namespace Journeys.Ledgers;

/// <summary>What one check came to.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Rows">How many rows it looked at; one that looked at none proves nothing.</param>
/// <param name="Count">How many findings there are.</param>
/// <param name="Findings">The findings, at most as many as were asked for.</param>
public sealed record CheckResult(string Check, long Rows, long Count, IReadOnlyList<Finding> Findings);

/// <summary>What the ledger says.</summary>
/// <param name="Checks">One result for each check.</param>
public sealed record Report(IReadOnlyList<CheckResult> Checks)
{
    /// <summary>All findings that are told.</summary>
    public IReadOnlyList<Finding> Findings => [.. Checks.SelectMany(check => check.Findings)];

    /// <summary>Whether nothing was found.</summary>
    public bool IsHealthy => Checks.All(check => check.Count == 0);
}
