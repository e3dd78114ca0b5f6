namespace Journeys.Access;

/// <summary>For whom an issuer vouches.</summary>
/// <param name="Issuer">The issuer as it calls itself.</param>
/// <param name="Subject">The person as the issuer knows them; never given to somebody else.</param>
/// <param name="Email">Their address in normal form; empty when the issuer does not vouch for one.</param>
public sealed record IssuedIdentity(string Issuer, string Subject, string Email)
{
    /// <summary>When they signed in there; where the issuer does not say, when it made the token.</summary>
    public DateTimeOffset SignedInAt { get; init; }
}
