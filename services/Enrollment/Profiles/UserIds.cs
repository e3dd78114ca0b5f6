namespace Journeys.Enrollments.Profiles;

/// <summary>The ids of many users in one call.</summary>
public static class UserIds
{
    /// <summary>The most in a call that does not enroll.</summary>
    public const int MaxPerCall = 20_000;
}
