namespace Journeys.Access.Callers;

/// <summary>A member's role on a site.</summary>
public sealed record MembershipRow
{
    public Guid SiteId { get; init; }

    public string Role { get; init; } = "";

    /// <summary>The e-mail of the member.</summary>
    public string Email { get; init; } = "";
}
