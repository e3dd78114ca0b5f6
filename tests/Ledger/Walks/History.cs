using Journeys.Engine;

namespace Journeys.Ledgers.Walks;

/// <summary>One visit as stored.</summary>
public readonly record struct Visited(int VisitNo, string NodeId, string Branch, string Cause, DateTimeOffset At);

/// <summary>A pause during which waits stopped, and when Enrollment noted it.</summary>
public readonly record struct NotedPause(FrozenPause Pause, DateTimeOffset NotedAt);

/// <summary>One enrollment with its visits, ordered by number.</summary>
public sealed class History
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public Guid JourneyId { get; init; }
    public int Version { get; init; }
    public string FirstId { get; init; } = "";
    public string Status { get; init; } = "";
    public string NodeId { get; init; } = "";
    public int VisitNo { get; init; }
    public string WaitingFor { get; init; } = "";
    public DateTimeOffset WaitingSince { get; init; }
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>When the newest of the pauses was noted that <see cref="WakeAt"/> includes; null if it includes none.</summary>
    public DateTimeOffset? ThawedAt { get; init; }

    /// <summary>The pauses of its journey during which waits stopped, in order.</summary>
    public IReadOnlyList<NotedPause> Pauses { get; init; } = [];
    public string Outcome { get; init; } = "";
    public string StopReason { get; init; } = "";

    /// <summary>Its visits. A number may be missing or repeated.</summary>
    public List<Visited> Visits { get; } = [];

    public bool IsActive => Status == "ACTIVE";

    /// <summary>Each visit with the next one, if no number is missing between them.</summary>
    public IEnumerable<(Visited From, Visited To)> Steps
    {
        get
        {
            for (var i = 1; i < Visits.Count; i++)
            {
                if (Visits[i].VisitNo == Visits[i - 1].VisitNo + 1)
                    yield return (Visits[i - 1], Visits[i]);
            }
        }
    }

    /// <summary>Creates a finding about the enrollment, or about one of its visits.</summary>
    public Finding Found(string check, FindingKind kind, string what, int? visitNo = null) =>
        new(check, kind, SiteId, visitNo is null ? $"enrollment={EnrollmentId}" : $"enrollment={EnrollmentId} visit={visitNo}", what);
}
