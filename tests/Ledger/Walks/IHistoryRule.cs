namespace Journeys.Ledgers.Walks;

/// <summary>Holds one promise against one enrollment's history.</summary>
public interface IHistoryRule
{
    /// <summary>The name of what is found here.</summary>
    string Name { get; }

    /// <summary>What is wrong with a history.</summary>
    /// <param name="history">An enrollment with its visits.</param>
    /// <param name="graph">The version that it walks; null when there is no such version.</param>
    IEnumerable<Finding> Judge(History history, VersionGraph? graph);
}
