namespace Journeys.Ledgers.Walks;

/// <summary>
/// Visits are numbered 1, 2, 3... without gap or repeat, their times do not decrease, and the enrollment is at its last
/// visit.
/// </summary>
public sealed class VisitNumbers : IHistoryRule
{
    public string Name => "visits";

    public IEnumerable<Finding> Judge(History history, VersionGraph? graph)
    {
        var last = default(Visited);
        foreach (var visit in history.Visits)
        {
            if (visit.VisitNo == last.VisitNo)
                yield return history.Found(Name, FindingKind.Doubled, $"Visit {visit.VisitNo} is there more than once.", visit.VisitNo);
            else if (visit.VisitNo > last.VisitNo + 1)
                yield return history.Found(Name, FindingKind.Lost, $"No visit lies between {last.VisitNo} and {visit.VisitNo}.", last.VisitNo + 1);
            if (visit.At < last.At)
                yield return history.Found(Name, FindingKind.Unexpected, $"It began at {visit.At:O}, before the visit before it.", visit.VisitNo);
            last = visit;
        }

        if (last.VisitNo != history.VisitNo)
        {
            yield return history.Found(
                Name, FindingKind.Lost, $"The history ends with visit {last.VisitNo}, and the enrollment is at visit {history.VisitNo}.", history.VisitNo);
        }
        else if (last.NodeId != history.NodeId || last.At != history.WaitingSince)
        {
            yield return history.Found(
                Name, FindingKind.Unexpected,
                $"The history ends at {last.NodeId} since {last.At:O}, and the enrollment is at {history.NodeId} since {history.WaitingSince:O}.", history.VisitNo);
        }
    }
}
