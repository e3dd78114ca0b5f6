namespace Journeys.BuildingBlocks.Failures;

/// <summary>The causes of failed messages, as tables store them and as dead letters show them.</summary>
public static class FailureCauses
{
    /// <summary>The body cannot be read as the message's type.</summary>
    public const string Unreadable = "UNREADABLE";

    /// <summary>This release has no such queue, or the queue does not accept this type.</summary>
    public const string UnknownType = "UNKNOWN_TYPE";

    /// <summary>The consumer refused the message permanently.</summary>
    public const string Refused = "REFUSED";

    /// <summary>The consumer failed for an unknown reason.</summary>
    public const string Failed = "FAILED";

    /// <summary>The service crashed repeatedly while it handled the message.</summary>
    public const string Crashed = "CRASHED";

    /// <summary>
    /// A temporary fault, such as an unavailable database, or one that an operator corrects, such as a missing right.
    /// </summary>
    public const string Passing = "PASSING";
}
