namespace Journeys.Ledgers.Walks;

/// <summary>Checks one promise against the history of one enrollment.</summary>
public interface IHistoryRule
{
    /// <summary>The name of its findings.</summary>
    string Name { get; }

    /// <summary>Returns what is wrong with a history.</summary>
    /// <param name="history">An enrollment with its visits.</param>
    /// <param name="graph">The version that it runs; null when there is no such version.</param>
    IEnumerable<Finding> Judge(History history, VersionGraph? graph);
}
