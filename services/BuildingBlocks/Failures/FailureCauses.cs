namespace Journeys.BuildingBlocks.Failures;

/// <summary>What keeps a message from being handled, as it is stored and as dead letters show it.</summary>
public static class FailureCauses
{
    /// <summary>The body is not of the message's type.</summary>
    public const string Unreadable = "UNREADABLE";

    /// <summary>This release has no such queue, or the queue takes no such message.</summary>
    public const string UnknownType = "UNKNOWN_TYPE";

    /// <summary>The consumer refused it for good.</summary>
    public const string Refused = "REFUSED";

    /// <summary>The consumer failed for an unknown reason.</summary>
    public const string Failed = "FAILED";

    /// <summary>The service ended while it handled the message, again and again.</summary>
    public const string Crashed = "CRASHED";

    /// <summary>A fault that passes, such as a database that is away, or that an operator mends, such as a right that is missing.</summary>
    public const string Passing = "PASSING";
}
