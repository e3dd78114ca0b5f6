namespace Journeys.Enrollments.Enrollments;

/// <summary>How people come into a journey, as tables keep it; the contract's `Enrollment.Source`.</summary>
public static class EntrySources
{
    public const string Api = "API";
    public const string List = "LIST";
    public const string Audience = "AUDIENCE";
    public const string Trigger = "TRIGGER";
    public const string Sdk = "SDK";
}
