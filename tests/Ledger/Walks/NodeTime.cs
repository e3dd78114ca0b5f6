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
    /// <param name="node">The node.</param>
    /// <param name="since">The time of the arrival.</param>
    /// <param name="pauses">The pauses during which waits stopped.</param>
    public static DateTimeOffset? Until(Node node, DateTimeOffset since, IEnumerable<NotedPause> pauses) => node switch
    {
        ContentNode { ExpireAfter: { } span } => FrozenPause.Extend([.. pauses.Select(one => one.Pause)], since, since + span),
        WaitForEventNode { Timeout: { } span } => FrozenPause.Extend([.. pauses.Select(one => one.Pause)], since, since + span),
        WaitNode { Wait: DurationWait wait } => FrozenPause.Extend([.. pauses.Select(one => one.Pause)], since, since + wait.Duration),
        WaitNode { Wait: DateWait wait } => wait.Date,
        _ => null,
    };
}
