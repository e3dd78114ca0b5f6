namespace Journeys.Access.Auditing;

/// <summary>Who did what the audit log says, as its table keeps it.</summary>
public static class ActorKinds
{
    public const string Member = "MEMBER";
    public const string Key = "KEY";
}
