namespace Journeys.Ledgers.Checks;

/// <summary>Checks one promise against the stored data.</summary>
public interface ICheck
{
    /// <summary>The names of its findings, one line of the summary for each.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>
    /// Whether its findings may be work in progress, so that only those that a second look finds again count.
    /// </summary>
    bool Settles { get; }

    /// <summary>Runs the check. Records findings and the number of rows that were checked.</summary>
    Task RunAsync(Look look, CancellationToken ct);
}
