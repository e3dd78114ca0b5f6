using Journeys.BuildingBlocks.Identities;


namespace Journeys.Access.Callers;

/// <summary>An authenticated caller.</summary>
/// <param name="Caller">The identity that services receive.</param>
/// <param name="Site">The settings of the site on which the caller acts; null for a member without a site.</param>
public sealed record Admitted(Caller Caller, SiteRow? Site)
{
    public KeyRow? Key { get; init; }

    /// <summary>The e-mail of a member of the site; empty for a key.</summary>
    public string Email { get; init; } = "";

    public SessionRow? Session { get; init; }

    /// <summary>The issuer's identity of a caller who has no account here yet.</summary>
    public IssuedIdentity? Issued { get; init; }

    public bool IsPublishable => Key?.Kind == KeyKinds.Publishable;
}
