namespace Journeys.Enrollments.Enrollments;

/// <summary>An enrollment as stored, with the columns of its journey and profile that are needed to move it.</summary>
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

    /// <summary>The properties of the entry, as JSON; never changed.</summary>
    public string Entry { get; init; } = "{}";
    public int StepsDone { get; init; }
    public string Outcome { get; init; } = "";
    public string StopReason { get; init; } = "";
    public DateTimeOffset? GoalAt { get; init; }
    public Guid? MergedIntoId { get; init; }
    public DateTimeOffset EnteredAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How often it has continued because a stop was undone.</summary>
    public int Continued { get; init; }

    /// <summary>The user id of the profile; empty while anonymous.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The status of the journey.</summary>
    public string JourneyStatus { get; init; } = "";

    /// <summary>Whether the journey is paused only because its site is halted.</summary>
    public bool IsHalted { get; init; }

    /// <summary>
    /// The late policy of the journey's newest resume, for waits that ended before <see cref="LateBefore"/>; null if
    /// late people catch up.
    /// </summary>
    public string? Late { get; init; }
    public DateTimeOffset? LateBefore { get; init; }

    /// <summary>
    /// When the newest of the pauses was noted that made the present wait longer; null if none did.
    /// </summary>
    public DateTimeOffset? ThawedAt { get; init; }

    /// <summary>
    /// The pauses since the person entered during which waits stopped, in order: when each was noted, began and ended.
    /// </summary>
    public DateTime[] Pauses { get; init; } = [];

    /// <summary>Whether signals are held for it.</summary>
    public bool HasHeld { get; init; }

    /// <summary>Whether moving it failed, so that it is set aside until its next retry.</summary>
    public bool IsSetAside { get; init; }

    /// <summary>How often a version of the journey was replaced by another one with the same number.</summary>
    public int Replaced { get; init; }

    /// <summary>The traits of the profile, as JSON.</summary>
    public string Traits { get; init; } = "{}";

    /// <summary>The context of the profile, as JSON: device, browser, location, role.</summary>
    public string Context { get; init; } = "{}";

    /// <summary>The time zone of the profile; null when unknown.</summary>
    public string? TimeZone { get; init; }
}
