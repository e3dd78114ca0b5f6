namespace Journeys.Enrollments.Journeys;

/// <summary>The state of a journey, as last received from Definition.</summary>
public sealed record JourneyRow
{
    public Guid SiteId { get; init; }
    public Guid JourneyId { get; init; }
    public int ChangeNo { get; init; }

    /// <summary>The status; `PAUSED` also while it is published on a halted site.</summary>
    public string Status { get; init; } = "";

    /// <summary>Whether it is paused only because its site is halted.</summary>
    public bool IsHalted { get; init; }

    public int Version { get; init; }

    /// <summary>The newest version that was archived; 0 when none was.</summary>
    public int ArchivedVersion { get; init; }

    /// <summary>How often a version was replaced by another one with the same number.</summary>
    public int Replaced { get; init; }
}
