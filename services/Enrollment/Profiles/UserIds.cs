namespace Journeys.Enrollments.Profiles;

/// <summary>Limits for user ids in one call.</summary>
public static class UserIds
{
    /// <summary>The maximum in a call that does not enroll.</summary>
    public const int MaxPerCall = 20_000;
}
