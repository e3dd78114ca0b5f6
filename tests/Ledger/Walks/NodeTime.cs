using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>Computes when a node ends its wait, as far as the version alone determines it.</summary>
public static class NodeTime
{
    /// <summary>
    /// Whether the version alone determines how long the node waits. Local times and dates of traits depend on the
    /// person.
    /// </summary>
    public static bool IsKnown(Node node) => node is ContentNode or WaitForEventNode or WaitNode { Wait: DurationWait or DateWait };

    /// <summary>Returns the end of the wait for an arrival at a time; null if it does not end.</summary>
    public static DateTimeOffset? Until(Node node, DateTimeOffset since) => node switch
    {
        ContentNode { ExpireAfter: { } span } => since + span,
        WaitForEventNode { Timeout: { } span } => since + span,
        WaitNode { Wait: DurationWait wait } => since + wait.Duration,
        WaitNode { Wait: DateWait wait } => wait.Date,
        _ => null,
    };
}
