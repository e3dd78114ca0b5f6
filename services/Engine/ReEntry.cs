namespace Journeys.Engine;

/// <summary>Who may start another attempt.</summary>
public enum ReEntryPolicy
{
    /// <summary>Nobody.</summary>
    Never,

    /// <summary>People who left early.</summary>
    AfterEarlyExit,

    /// <summary>All people whose attempt has ended.</summary>
    Always,
}

/// <summary>Decides who may start another attempt, and when.</summary>
/// <param name="Policy">Who may start another attempt.</param>
/// <param name="Cooldown">Minimum time between the end of one attempt and the start of the next.</param>
public readonly record struct ReEntry(ReEntryPolicy Policy, TimeSpan Cooldown)
{
    /// <summary>Returns whether a person may ever return, given how the attempt ended.</summary>
    public bool AllowsReturn(bool leftEarly) => Policy switch
    {
        ReEntryPolicy.Always => true,
        ReEntryPolicy.AfterEarlyExit => leftEarly,
        _ => false,
    };

    /// <summary>Returns whether a person may start another attempt now.</summary>
    public bool MayBegin(DateTimeOffset endedAt, bool leftEarly, DateTimeOffset now) => now >= endedAt + Cooldown && AllowsReturn(leftEarly);
}
