using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>No wait and no timeout ended before its time, and active ones will end at their time.</summary>
public sealed class WaitEnds : IHistoryRule
{
    // Times are stored in microseconds.
    static readonly TimeSpan Exactly = TimeSpan.FromMicroseconds(1);

    public string Name => "waits";

    public IEnumerable<Finding> Judge(History history, VersionGraph? graph)
    {
        if (graph is null)
            yield break;

        foreach (var (from, to) in history.Steps)
        {
            if (graph.Find(from.NodeId) is not { } left || !EndedByTime(left, to))
                continue;
            // A wait that ended before the end of a pause was over before the pause.
            if (NodeTime.Until(left, from.At, history.Pauses.Where(one => one.Pause.Until <= to.At)) is not { } until)
                yield return history.Found(Name, FindingKind.Unexpected, $"A timer ended {from.NodeId}, which asks for none.", to.VisitNo);
            else if (to.At < until - Exactly)
                yield return history.Found(Name, FindingKind.Early, $"{from.NodeId} was to hold until {until:O} and ended at {to.At:O}.", to.VisitNo);
        }

        var included = history.Pauses.Where(one => one.NotedAt <= history.ThawedAt);
        if (graph.Find(history.NodeId) is { } here && history.IsActive && history.WaitingFor != "PARKED" && NodeTime.IsKnown(here)
            && Judge(history, NodeTime.Until(here, history.WaitingSince, included)) is { } finding)
        {
            yield return finding;
        }
    }

    Finding? Judge(History history, DateTimeOffset? until) => (until, history.WakeAt) switch
    {
        ({ } should, { } is_) when is_ < should - Exactly =>
            history.Found(Name, FindingKind.Early, $"{history.NodeId} is to hold until {should:O} and will end at {is_:O}.", history.VisitNo),
        ({ } should, { } is_) when is_ > should + Exactly =>
            history.Found(Name, FindingKind.Late, $"{history.NodeId} is to hold until {should:O} and will end at {is_:O}.", history.VisitNo),
        ({ } should, null) => history.Found(Name, FindingKind.Stuck, $"{history.NodeId} is to end at {should:O}, and nothing says so.", history.VisitNo),
        (null, { } is_) => history.Found(Name, FindingKind.Unexpected, $"{history.NodeId} holds without end and is to be woken at {is_:O}.", history.VisitNo),
        _ => null,
    };

    // Only time ends a plain wait. Content and an awaited event may also be ended by the person.
    static bool EndedByTime(Node node, Visited next) => node switch
    {
        WaitNode { Wait: DurationWait or DateWait } => true,
        ContentNode or WaitForEventNode => next.Cause == "timer",
        _ => false,
    };
}
