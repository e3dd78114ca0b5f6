namespace Journeys.Engine;

/// <summary>Who may begin another attempt.</summary>
public enum ReEntryPolicy
{
    /// <summary>Nobody.</summary>
    Never,

    /// <summary>Whoever left early.</summary>
    AfterEarlyExit,

    /// <summary>Everybody whose attempt has ended.</summary>
    Always,
}

/// <summary>Says who may begin another attempt, and when.</summary>
/// <param name="Policy">Who.</param>
/// <param name="Cooldown">The least time between the end of one attempt and the start of the next.</param>
public readonly record struct ReEntry(ReEntryPolicy Policy, TimeSpan Cooldown)
{
    /// <summary>Whether somebody may come back from how their attempt ended.</summary>
    public bool AllowsReturn(bool leftEarly) => Policy switch
    {
        ReEntryPolicy.Always => true,
        ReEntryPolicy.AfterEarlyExit => leftEarly,
        _ => false,
    };

    /// <summary>Whether somebody may come back now.</summary>
    public bool MayBegin(DateTimeOffset endedAt, bool leftEarly, DateTimeOffset now) => now >= endedAt + Cooldown && AllowsReturn(leftEarly);
}
