namespace Journeys.Access.Auditing;

/// <summary>The kinds of actors in the audit log, as its table stores them.</summary>
public static class ActorKinds
{
    public const string Member = "MEMBER";
    public const string Key = "KEY";
}
