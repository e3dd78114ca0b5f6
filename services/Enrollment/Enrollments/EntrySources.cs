namespace Journeys.Enrollments.Enrollments;

/// <summary>How people enter a journey, as tables store it; `Enrollment.Source` in the contract.</summary>
public static class EntrySources
{
    public const string Api = "API";
    public const string List = "LIST";
    public const string Audience = "AUDIENCE";
    public const string Trigger = "TRIGGER";
    public const string Sdk = "SDK";
}
