namespace Journeys.Access;

/// <summary>An identity for which an issuer vouches.</summary>
/// <param name="Issuer">The issuer's name for itself.</param>
/// <param name="Subject">The issuer's id of the person, which it never gives to another person.</param>
/// <param name="Email">The person's e-mail in normal form; empty when the issuer vouches for none.</param>
public sealed record IssuedIdentity(string Issuer, string Subject, string Email)
{
    /// <summary>When the person signed in at the issuer; if the issuer does not say, when it made the token.</summary>
    public DateTimeOffset SignedInAt { get; init; }
}
