using Journeys.BuildingBlocks.Identities;


namespace Journeys.Access.Callers;

/// <summary>A caller that may go on.</summary>
/// <param name="Caller">What services are told.</param>
/// <param name="Site">The settings of the site it acts on; null for a member who belongs to none.</param>
public sealed record Admitted(Caller Caller, SiteRow? Site)
{
    public KeyRow? Key { get; init; }

    /// <summary>The e-mail of a member of the site; empty for a key.</summary>
    public string Email { get; init; } = "";

    public SessionRow? Session { get; init; }

    /// <summary>For whom the issuer vouches, when they have no account here yet.</summary>
    public IssuedIdentity? Issued { get; init; }

    public bool IsPublishable => Key?.Kind == KeyKinds.Publishable;
}
