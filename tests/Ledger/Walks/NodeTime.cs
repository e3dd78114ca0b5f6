using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>When a node lets somebody go automatically, as far as its version says so.</summary>
public static class NodeTime
{
    /// <summary>Whether the version alone says until when the node holds; a local time and the date of a trait depend on the person.</summary>
    public static bool IsKnown(Node node) => node is ContentNode or WaitForEventNode or WaitNode { Wait: DurationWait or DateWait };

    /// <summary>Until when the node holds somebody who came at a time; null for ever.</summary>
    public static DateTimeOffset? Until(Node node, DateTimeOffset since) => node switch
    {
        ContentNode { ExpireAfter: { } span } => since + span,
        WaitForEventNode { Timeout: { } span } => since + span,
        WaitNode { Wait: DurationWait wait } => since + wait.Duration,
        WaitNode { Wait: DateWait wait } => wait.Date,
        _ => null,
    };
}
