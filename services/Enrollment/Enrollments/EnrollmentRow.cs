namespace Journeys.Enrollments.Enrollments;

/// <summary>An enrollment as stored, with what is needed of its journey and its person to move it.</summary>
public sealed record EnrollmentRow
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public Guid JourneyId { get; init; }
    public int Version { get; init; }
    public Guid ProfileId { get; init; }
    public string FirstId { get; init; } = "";
    public string AnonymousId { get; init; } = "";
    public int Attempt { get; init; }
    public string Status { get; init; } = "";
    public string Source { get; init; } = "";
    public string NodeId { get; init; } = "";
    public int VisitNo { get; init; }
    public string WaitingFor { get; init; } = "";
    public DateTimeOffset WaitingSince { get; init; }
    public DateTimeOffset? WakeAt { get; init; }
    public string Data { get; init; } = "{}";

    /// <summary>What let the person in, as JSON; never changed.</summary>
    public string Entry { get; init; } = "{}";
    public int StepsDone { get; init; }
    public string Outcome { get; init; } = "";
    public string StopReason { get; init; } = "";
    public DateTimeOffset? GoalAt { get; init; }
    public Guid? MergedIntoId { get; init; }
    public DateTimeOffset EnteredAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Of the profile; empty while anonymous.</summary>
    public string UserId { get; init; } = "";

    /// <summary>Of the journey.</summary>
    public string JourneyStatus { get; init; } = "";

    /// <summary>Whether the journey is paused only because its site is halted.</summary>
    public bool IsHalted { get; init; }

    /// <summary>Of the journey: what the newest resume does with those whose wait ended before <see cref="LateBefore"/>; null where they catch up.</summary>
    public string? Late { get; init; }
    public DateTimeOffset? LateBefore { get; init; }

    /// <summary>Whether signals are held for it.</summary>
    public bool HasHeld { get; init; }

    /// <summary>Whether it could not be moved and waits for its next try.</summary>
    public bool IsSetAside { get; init; }

    /// <summary>How often a version of the journey was replaced by another one with its number.</summary>
    public int Replaced { get; init; }

    /// <summary>Of the profile, as JSON.</summary>
    public string Traits { get; init; } = "{}";

    /// <summary>Of the profile, as JSON: device, browser, location, role.</summary>
    public string Context { get; init; } = "{}";

    /// <summary>Of the profile; null when unknown.</summary>
    public string? TimeZone { get; init; }
}
